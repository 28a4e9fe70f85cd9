"""Reports a second of one and of two processes on PostgreSQL, and the processor time that each report takes.

Who sends uses little time of its own: one connection for each of a few threads, bodies made beforehand.
"""

import http.client
import os
import resource
import secrets
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests import media
from tests.oracles import postgresql
from tests.service import World

SENDERS = 24
BOUNDARY = "a-boundary-of-this-bench"


def measure(seconds: float = 15.0) -> None:
    """Print one table."""
    load = os.getloadavg()[0]
    sys.stdout.write(f"{os.cpu_count()} processors, load {load:.1f} before\n\n")
    sys.stdout.write(
        "| processes | reports | reports a second | seconds of processor time a report |\n|---|---|---|---|\n"
    )
    rates = []
    with postgresql.running() as server, tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2, 1, 2):
            where = Path(folder) / secrets.token_hex(4)
            where.mkdir()
            world = World.make(where, database=server.new_database(), cadence=0.2)
            settings = world.vault / "vault.toml"
            settings.write_text(settings.read_text().replace("_per_hour = ", "_per_hour = 1000"))  # no flood here
            world.service.workers = workers
            world.service.start()
            before = _children()
            try:
                done = _send_for(world.service.port, seconds)
            finally:
                world.service.stop()
            rates.append(done / seconds)
            used = (_children() - before) / max(done, 1)
            sys.stdout.write(f"| {workers} | {done} | {done / seconds:.1f} | {used:.3f} |\n")
    ratio = (rates[1] + rates[3]) / (rates[0] + rates[2])
    sys.stdout.write(f"\ntwo give {ratio:.2f} times the reports of one; load {os.getloadavg()[0]:.1f} after\n")


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _send_for(port: int, seconds: float) -> int:
    counts, until = [0] * SENDERS, time.monotonic() + seconds
    photo = media.noise(400)
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'.encode()
    body = head + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json"}

    def send(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while time.monotonic() < until:
            connection.request("POST", "/report", body, headers)
            answer = connection.getresponse()
            answer.read()
            counts[number] += answer.status == http.HTTPStatus.OK

    threads = [threading.Thread(target=send, args=(number,)) for number in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


if __name__ == "__main__":
    measure(*map(float, sys.argv[1:]))
