"""The reference deployment, checked as text: no container engine is needed to see that its parts fit together."""

import re
from typing import Any

import pytest
import yaml

from cxos.ops.environment import ROOT
from cxos.ops.programs import GRACE_SECONDS, module_arguments

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NGINX = (ROOT / "docs" / "deploy" / "nginx.conf").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DONE = "service_completed_successfully"
PROGRAMS = [name for name in GRACE_SECONDS if name != "demo"]


def test_every_program_of_bin_up_has_a_service_that_runs_it() -> None:
    commands = {name: service.get("command") for name, service in SERVICES.items()}

    assert {name: commands[name] for name in PROGRAMS} == {
        name: ["python", "-m", "cxos.ops.run", name] for name in PROGRAMS
    }


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_service_gives_its_program_at_least_the_grace_that_bin_up_gives(name: str) -> None:
    grace = float(SERVICES[name].get("stop_grace_period", "10s").removesuffix("s"))

    assert grace >= GRACE_SECONDS[name]


def test_every_service_starts_after_the_migrations() -> None:
    waiting = {name for name in PROGRAMS if SERVICES[name]["depends_on"]["migrate"]["condition"] == DONE}

    assert waiting == set(PROGRAMS)
    assert SERVICES["migrate"]["command"] == ["python", "manage.py", "migrate", "--noinput"]


def test_what_a_service_waits_for_exists_and_can_be_healthy() -> None:
    for service in SERVICES.values():
        for other, wanted in service.get("depends_on", {}).items():
            assert other in SERVICES
            if wanted["condition"] == "service_healthy" and other in {"postgres", "redis", "nginx"}:
                assert "test" in SERVICES[other]["healthcheck"]


def test_every_service_restarts_and_keeps_its_logs_small() -> None:
    for name, service in SERVICES.items():
        assert service["restart"] in {"unless-stopped", "on-failure:3"}, name
        assert service["logging"]["options"]["max-size"] == "20m", name


def test_only_the_proxy_is_reachable_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["nginx"]


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    for name in ("CXOS_SECRET_KEY", "CXOS_FIELD_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        assert set(re.findall(r"\$\{" + name + r"[^}]*\}", text)) == {f"${{{name}:?Set {name} in .env}}"}


def test_every_volume_that_is_mounted_is_declared() -> None:
    mounted = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }

    assert mounted == set(COMPOSE["volumes"])


def test_redis_keeps_an_append_only_file() -> None:
    assert "--appendonly yes --appendfsync everysec" in SERVICES["redis"]["command"][-1]


def test_nginx_sends_sockets_and_pages_to_the_services_that_answer_them() -> None:
    upstreams = dict(re.findall(r"upstream (\w+) \{[^}]*?server (\w+:\d+)", NGINX))
    routes = dict(re.findall(r"location (\S+) \{\s*proxy_pass http://(\w+);", NGINX))

    assert upstreams == {"web": "web:8000", "sockets": "sockets:8000"}
    assert routes == {"/ws/": "sockets", "/": "web"}
    assert NGINX.count("{") == NGINX.count("}")


def test_nginx_tells_both_services_who_asked_and_for_what() -> None:
    blocks = re.findall(r"location \S+ \{(.*?)\n        \}", NGINX, flags=re.DOTALL)
    told = [set(re.findall(r"proxy_set_header (\S+)", block)) for block in blocks if "proxy_pass" in block]

    # nginx drops the headers of outer blocks where an inner one sets any.
    assert len(told) == 2
    for headers in told:
        assert {"Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Connection"} <= headers


def test_nginx_lets_the_largest_accepted_body_through() -> None:
    found = re.search(r"client_max_body_size (\d+)m;", NGINX)

    assert found is not None and int(found[1]) > 10


def test_the_image_runs_as_an_ordinary_user_and_says_whether_it_is_healthy() -> None:
    instructions = [line.split(maxsplit=1)[0] for line in DOCKERFILE.splitlines() if line[:1].isupper()]

    assert instructions.index("USER") < instructions.index("CMD")
    assert "USER cxos" in DOCKERFILE
    assert "/livez" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE


def test_the_build_leaves_out_what_belongs_to_one_machine() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())

    assert {".git", ".venv", "var", "node_modules", ".env"} <= ignored


def test_sockets_accept_no_message_above_64_kib() -> None:
    arguments = module_arguments("sockets", "0.0.0.0", 8000)

    assert arguments[arguments.index("--ws-max-size") + 1] == "65536"
