"""Three real nodes, started and ended by the harness: a command that answers lines of JSON (test/harness)."""

import json
import subprocess
from pathlib import Path


class Node:
    def __init__(self, cluster, name, endpoint):
        self.name = name
        self.endpoint = endpoint
        self._cluster = cluster

    def stop(self):
        """Asks the node to end; its exit code."""
        (view,) = self._cluster.do("stop", self.name)
        return view["exit"]["code"]


class Cluster:
    def __init__(self, root):
        self._command = ["node", str(Path(root) / "test/harness/dist/main.js"), "--nodes", "3"]
        self._harness = None
        self.nodes = []

    def start(self):
        """Returns when all nodes are healthy."""
        pipe = subprocess.PIPE
        self._harness = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, text=True)
        self.nodes = [Node(self, view["name"], view["endpoint"]) for view in self._answer()]

    def do(self, what, node):
        """Has something done to a node; what the harness says of it afterwards."""
        self._harness.stdin.write(json.dumps({"do": what, "node": node}) + "\n")
        self._harness.stdin.flush()
        return self._answer()

    def close(self):
        """Ends every node: the harness does when its input ends, also when this process dies."""
        if self._harness is not None:
            self._harness.stdin.close()
            self._harness.wait()

    def _answer(self):
        line = self._harness.stdout.readline()
        if not line:
            raise RuntimeError(f"the harness ended with exit code {self._harness.wait()}")
        answer = json.loads(line)
        if not answer["ok"]:
            raise RuntimeError(answer["error"])
        return answer["nodes"]
