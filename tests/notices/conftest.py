"""A floor with work that waits, and customers who write."""

from tests.proof.conftest import broadcast, queue, waiting  # noqa: F401
from tests.search.conftest import write  # noqa: F401
