"""Three real nodes on free ports of this machine, with their data in one folder."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

HEALTHY_MAX_S = 60


def free_ports(count):
    """Ports that were free a moment ago; all are held at once, so they differ."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Node:
    def __init__(self, name, ports, members, main, folder):
        grpc, http, metrics, raft = (f"127.0.0.1:{port}" for port in ports)
        self.name = name
        self.endpoint = grpc
        self.log = folder / f"{name}.log"
        self._health = f"http://{http}/health"
        self._main = main
        self._env = {
            **os.environ,
            "NODE_ID": name,
            "INITIAL_CLUSTER": members,
            "ENGINE_BIND_ADDRESS": grpc,
            "ENGINE_HTTP_BIND_ADDRESS": http,
            "METRICS_BIND_ADDRESS": metrics,
            "RAFT_BIND": raft,
            "STORAGE_PATH": str(folder / name),
        }
        self._process = None

    def start(self):
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(
                ["node", str(self._main)], env=self._env, stdout=log, stderr=log
            )

    def is_healthy(self):
        try:
            with urllib.request.urlopen(self._health, timeout=1) as response:
                return response.status == 200
        except OSError:
            return False

    def stop(self):
        """Asks the node to end; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=20)

    def kill(self):
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


class Cluster:
    def __init__(self, root, folder):
        ports = free_ports(12)
        names = ["n1", "n2", "n3"]
        members = ",".join(f"{name}=127.0.0.1:{ports[4 * i + 3]}" for i, name in enumerate(names))
        main = Path(root) / "node/dist/main.js"
        self.nodes = [
            Node(name, ports[4 * i : 4 * i + 4], members, main, Path(folder))
            for i, name in enumerate(names)
        ]

    def start(self):
        for node in self.nodes:
            node.start()
        limit = time.monotonic() + HEALTHY_MAX_S
        while not all(node.is_healthy() for node in self.nodes):
            if time.monotonic() > limit:
                tails = [f"{node.name}: {node.log.read_text()[-600:]}" for node in self.nodes]
                raise RuntimeError("the cluster is not healthy; last log lines:\n" + "\n".join(tails))
            time.sleep(0.1)

    def kill(self):
        for node in self.nodes:
            node.kill()
