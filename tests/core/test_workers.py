"""Settings of the workers that are measured to matter, as Celery has understood them."""

from __future__ import annotations

from cxos.celery import app


def test_a_killed_process_loses_no_task_and_is_replaced_soon() -> None:
    conf = app.conf

    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.worker_soft_shutdown_timeout > 0
    assert conf.worker_proc_alive_timeout == 60, "children that load models on a busy machine are slow, not dead"
    redelivery = conf.broker_transport_options
    assert redelivery["visibility_timeout"] > conf.task_time_limit
    assert redelivery["unacked_restore_interval"] * redelivery["unacked_restore_throttle"] <= 10
