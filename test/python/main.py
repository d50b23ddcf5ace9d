"""A second implementation of gRPC against a real cluster: `main.py ROOT`, started by `run`."""

import sys
import time
import traceback

import cases_reflection
import cases_health
import cases_stream
import cases_unary
from cluster import Cluster
from client import Bench


def main():
    cluster = Cluster(sys.argv[1])
    passed = failed = 0
    started = time.monotonic()
    try:
        cluster.start()
        bench = Bench(cluster)
        # The cases on health are last: they stop a node.
        for module in (cases_unary, cases_stream, cases_reflection, cases_health):
            for case in module.CASES:
                label = f"{module.__name__.removeprefix('cases_')}: {case.__doc__}"
                try:
                    case(bench)
                    passed += 1
                    print(f"ok    {label}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAIL  {label}\n{traceback.format_exc()}", flush=True)
        bench.close()
    except Exception:
        failed += 1
        traceback.print_exc()
    finally:
        cluster.close()
    print(f"took {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


sys.exit(main())
