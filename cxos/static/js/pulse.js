// A worker that ticks: browsers slow the timers of hidden tabs down to one a minute, but not those of a worker, and
// an agent who reads mail in another tab is still here.
setInterval(() => postMessage("tick"), 10_000);
