"""`FaceReader` on a process of its own: a hostile picture can end that process and nothing else.

The process has a bound on its memory, ends itself at a picture that takes too long, writes no core
file, and is begun anew after a fault. Pictures go through its pipe; none is written to a file.
"""

import asyncio
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from mrc.authority.face_matching.reading import FaceReading
from mrc.infra.faces.dlib_model import DlibModel
from mrc.infra.faces.models import REMEDY, ModelFiles, find_models, missing_parts
from mrc.kernel.errors import Rejected, Unavailable
from mrc.protocols.ic_issuance.face import FaceProblem

MOST_MEMORY = 2 * 1024**3  # bytes of address space; the model and one picture need a third of it
MOST_SECONDS = 10.0  # for one picture; the usual one takes a tenth of a second
_CLAUSE = "docs/adr/0007"
_model: DlibModel | None = None  # of the process that reads, never of ours


class DlibFaceReader:
    """A `FaceReader`. `close` ends the process; pictures wait for one another."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def read(self, picture: bytes) -> FaceReading:
        async with self._turn:
            pool = self._started()
            try:
                found = await asyncio.get_running_loop().run_in_executor(pool, _read, picture)
            except BrokenProcessPool as error:
                self.close()
                raise Unavailable("face reader", "ended at this picture") from error
        if isinstance(found, FaceProblem):
            raise Rejected(found, _CLAUSE)
        return found

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                max_workers=1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._files,),
            )
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = None


def make_reader() -> DlibFaceReader:
    """Raises `Unavailable` where the extra `faces` is not installed."""
    missing, files = missing_parts(), find_models()
    if missing or files is None:
        raise Unavailable("face matcher", f"{', '.join(missing)} not installed: {REMEDY}")
    return DlibFaceReader(files)


def _begin(files: ModelFiles) -> None:
    global _model
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no picture in a core file
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _model = DlibModel(files)


def _end_with_parent() -> None:
    """A parent that was killed says nothing: its pipes stay open in us."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(0)


def _read(picture: bytes) -> FaceReading | FaceProblem:
    """In the other process. Reasons go back as values: an exception would carry its traceback."""
    if _model is None:
        raise RuntimeError("the model is not loaded")
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)  # SIGALRM ends the process, in any code
    try:
        return _model.read(picture)
    except Rejected as error:
        return FaceProblem(error.reason.value)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
