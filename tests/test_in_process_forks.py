"""`install` in programs that fork, and at their end: each process has its own gateway and ends it itself."""

import os
import subprocess
import sys

import pytest

FORKING = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

PROGRAM = """
import os, sys
from aiohttp import web
import requests
from shim import in_process

def make_app(asked, key):
    async def answer(request):
        return web.json_response(os.getpid())
    async def ended(app):
        print("ended", "parent" if os.getpid() == parent else "child", flush=True)
    app = web.Application()
    app.router.add_get("/", answer)
    app.on_shutdown.append(ended)
    return app

def answered_by():
    return requests.get("https://api.gladia.io/", timeout=20).json()

parent = os.getpid()
installation = in_process.install("gladia", "assemblyai", _make_app=make_app)
assert answered_by() == parent
"""


def run(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PROGRAM + program],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "ASSEMBLYAI_API_KEY": "a-key-of-the-tests", "STTBRIDGE_DISABLE": "0"},
    )


def test_the_end_of_the_program_ends_the_sessions() -> None:
    done = run("")
    assert (done.stdout, done.stderr, done.returncode) == ("ended parent\n", "", 0)


def test_so_does_its_end_by_an_error() -> None:
    done = run("raise SystemExit('no more')")
    assert (done.stdout, done.stderr, done.returncode) == ("ended parent\n", "no more\n", 1)


@FORKING
def test_a_forked_child_has_a_gateway_of_its_own_and_the_parents_is_untouched() -> None:
    done = run("""
child = os.fork()
if child == 0:
    assert in_process._gateways["gladia"]._server is None  # not before it is needed
    assert answered_by() == os.getpid() != parent
    assert answered_by() == os.getpid()
    grandchild = os.fork()
    if grandchild == 0:
        assert answered_by() == os.getpid()
        os._exit(0)
    assert os.waitpid(grandchild, 0)[1] == 0
    sys.exit(0)  # with what the interpreter does at the end
assert answered_by() == parent
assert os.waitpid(child, 0)[1] == 0
assert answered_by() == parent
""")
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout == "ended child\nended parent\n"


@FORKING
def test_a_child_does_not_wait_for_locks_that_were_held_at_the_fork() -> None:
    done = run("""
from shim import redirect
gateway = in_process._gateways["gladia"]
held = [in_process._lock, redirect._lock, gateway._starting]
for lock in held:
    lock.acquire()
child = os.fork()
if child == 0:
    assert answered_by() == os.getpid()
    installation.uninstall()
    os._exit(0)
for lock in held:
    lock.release()
assert os.waitpid(child, 0)[1] == 0
""")
    assert (done.stdout, done.stderr, done.returncode) == ("ended child\nended parent\n", "", 0)


@FORKING
def test_a_child_that_uninstalls_does_so_for_itself() -> None:
    done = run("""
child = os.fork()
if child == 0:
    installation.uninstall()
    import socket
    assert socket.getaddrinfo.__module__ == "socket"
    assert not installation.active
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert answered_by() == parent
installation.uninstall()
print("the parent's own")
""")
    assert (done.stdout, done.stderr, done.returncode) == ("ended parent\nthe parent's own\n", "", 0)


@FORKING
def test_children_of_multiprocessing_and_threads_that_fork_work() -> None:
    done = run("""
import multiprocessing, threading
forking = multiprocessing.get_context("fork")

def work(answers):
    answers.put((os.getpid(), answered_by()))

def in_thread():
    answers = forking.Queue()
    children = [forking.Process(target=work, args=(answers,)) for _ in range(3)]
    for child in children:
        child.start()
    got = [answers.get(timeout=60) for _ in children]
    for child in children:
        child.join(60)
    assert all(mine == answer != parent for mine, answer in got), got
    assert len({mine for mine, _ in got}) == 3

thread = threading.Thread(target=in_thread)
thread.start()
while thread.is_alive():
    assert answered_by() == parent
thread.join()
print("done")
""")
    assert (done.stdout, done.stderr, done.returncode) == ("done\nended parent\n", "", 0)
