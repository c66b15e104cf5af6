"""docker-compose.yml: well-formed, complete, and without a secret of its own."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "docker-compose.yml"
ONCE = {"migrate", "models"}
OURS = {"web", "worker", "verifier", "beat", "migrate", "models"}

DURATION = {"type": "string", "pattern": r"^(\d+(us|ms|s|m|h))+$"}
WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["services", "networks", "volumes"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "services": {"type": "object", "additionalProperties": {"$ref": "#/$defs/service"}},
        "networks": {"type": "object"},
        "volumes": {"type": "object"},
    },
    "additionalProperties": False,
    "$defs": {
        "service": {
            "type": "object",
            "required": ["image", "restart", "security_opt", "logging", "networks"],
            "properties": {
                "image": {"type": "string", "pattern": r"^([a-z0-9./-]+:[A-Za-z0-9][\w.-]+|dedup)$"},
                "build": {"type": "object", "required": ["context"]},
                "command": WORDS,
                "cap_drop": WORDS,
                "depends_on": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "required": ["condition"],
                        "properties": {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}},
                    },
                },
                "environment": {"type": "object", "additionalProperties": {"type": "string"}},
                "healthcheck": {
                    "type": "object",
                    "required": ["test", "interval", "timeout", "retries"],
                    "properties": {
                        "test": WORDS,
                        "interval": DURATION,
                        "timeout": DURATION,
                        "start_period": DURATION,
                        "retries": {"type": "integer", "minimum": 1},
                    },
                    "additionalProperties": False,
                },
                "logging": {"type": "object"},
                "networks": WORDS,
                "ports": WORDS,
                "restart": {"enum": ["unless-stopped", "no"]},
                "security_opt": {"const": ["no-new-privileges:true"]},
                "stop_grace_period": DURATION,
                "volumes": WORDS,
            },
            "additionalProperties": False,
        }
    },
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def test_it_keeps_to_the_part_of_the_format_that_it_uses(compose: dict[str, Any]) -> None:
    jsonschema.validate(compose, SCHEMA)


def test_all_parts_of_the_site_are_there(services: dict[str, Any]) -> None:
    neighbours = {"proxy", "postgres", "redis", "milvus", "etcd", "milvus-store", "store"}
    assert set(services) == OURS | neighbours


def test_every_lasting_service_restarts_and_says_whether_it_is_well(services: dict[str, Any]) -> None:
    for name, service in services.items():
        if name in ONCE:
            assert service["restart"] == "no", name
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}, name


def test_whom_one_waits_for_exists_and_can_be_waited_for(services: dict[str, Any]) -> None:
    for service in services.values():
        for other, how in service.get("depends_on", {}).items():
            lasting = how["condition"] == "service_healthy"
            assert (other not in ONCE) == lasting
            assert not lasting or "healthcheck" in services[other]


def test_networks_and_volumes_are_declared_and_used(compose: dict[str, Any], services: dict[str, Any]) -> None:
    used = {network for service in services.values() for network in service["networks"]}
    assert used == set(compose["networks"])
    mounted = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert {name for name in mounted if not name.startswith(".")} == set(compose["volumes"])
    for name in mounted:
        assert not name.startswith(".") or (ROOT / name).exists()


def test_only_the_proxy_can_be_reached_from_outside(compose: dict[str, Any], services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert compose["networks"]["inside"] == {"internal": True}
    assert compose["networks"]["vectors"] == {"internal": True}
    for name in ("etcd", "milvus-store"):
        assert services[name]["networks"] == ["vectors"]


def test_every_queue_has_a_worker(services: dict[str, Any]) -> None:
    served = set()
    for name in ("worker", "verifier"):
        command = services[name]["command"]
        served |= set(command[command.index("--queues") + 1].split(","))
    assert served == {"work", "verify", "sweep"}


def test_redis_keeps_its_data_and_never_evicts(services: dict[str, Any]) -> None:
    command = " ".join(services["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_our_containers_have_no_capabilities_and_know_their_neighbours(services: dict[str, Any]) -> None:
    for name in OURS:
        assert services[name]["cap_drop"] == ["ALL"], name
        assert services[name]["environment"]["PRODUCTION"] == "true", name


OTHERWISE = {
    "HTTPS": "true",
    "LOG_FORMAT": "json",
    "SILENCED_CHECKS": "gallery.W014",
    "MILVUS_URI": "http://milvus:19530",
    "S3_BUCKET": "media",
    "S3_ENDPOINT_URL": "http://store:8333",
    "S3_ADDRESSING_STYLE": "path",
}
"""Defaults that are others here than in .env.example: those of a site in production, and of the parts of this file."""


def test_a_setting_that_is_passed_on_has_the_documented_default(services: dict[str, Any]) -> None:
    example = (ROOT / ".env.example").read_text()
    documented = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", example, flags=re.MULTILINE)) | OTHERWISE
    passed = services["web"]["environment"]
    optional = {name: value for name, value in passed.items() if str(value).startswith("${") and ":-" in str(value)}
    assert len(optional) > 30
    for name, value in optional.items():
        assert value == f"${{{name}:-{documented[name]}}}", name


def test_every_one_of_our_containers_gets_the_same_settings(services: dict[str, Any]) -> None:
    assert all(services[name]["environment"] == services["web"]["environment"] for name in OURS)


def test_secrets_come_from_outside_and_say_what_to_set() -> None:
    text = FILE.read_text()
    for name in (
        "SECRET_KEY",
        "POSTGRES_PASSWORD",
        "REDIS_PASSWORD",
        "S3_ACCESS_KEY",
        "S3_SECRET_KEY",
        "MILVUS_STORE_PASSWORD",
    ):
        uses = re.findall(rf"\$\{{{name}[^}}]*\}}", text)
        assert uses
        assert all(use.startswith(f"${{{name}:?Set {name} ") for use in uses)
    for line in text.splitlines():
        if re.match(r"\s+\w*(PASSWORD|SECRET|TOKEN)\w*: ", line):
            assert "${" in line, line


def test_the_image_runs_as_nobody_in_particular_and_holds_no_weights() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert [line for line in lines if line.startswith("USER ")] == ["USER dedup"]
    installing = [line for line in lines if line.startswith(("RUN", "    ")) and "pip install" in line]
    assert not any("requirements-models" in line for line in installing)
    copied = {
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    }
    assert all((ROOT / name).exists() for name in copied)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == allowed


def test_compose_itself_accepts_it() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not installed here")
    needed = set(re.findall(r"\$\{([A-Z0-9_]+):\?", FILE.read_text()))
    environment = {**os.environ, **dict.fromkeys(needed, "tests")}
    command = [docker, "compose", "--file", str(FILE), "config", "--quiet"]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr


# --- The proxy --------------------------------------------------------------------------------------------------------

PROXY = (ROOT / "docker" / "nginx.conf").read_text()


def test_the_proxy_tells_the_site_who_asked_and_how() -> None:
    for header in ("Host", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"):
        assert re.search(rf"proxy_set_header {header} \$\w+;", PROXY), header


def test_the_answers_of_the_proxy_itself_carry_the_headers_of_the_site() -> None:
    own = re.findall(r"location @(\w+) \{(.*?)\n        \}", PROXY, flags=re.DOTALL)
    assert {name for name, _ in own} >= {"too_large", "too_large_api", "unavailable", "unavailable_api", "refused"}
    for name, body in own:
        for header in ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
            assert re.search(rf"add_header {header} .* always;", body), (name, header)
        assert "25 MB" in body or "too_large" not in name


def test_nginx_itself_accepts_the_configuration(tmp_path: Path) -> None:
    nginx = shutil.which("nginx")
    if nginx is None:
        pytest.skip("nginx is not installed here")
    local = PROXY.replace("/var/run/nginx.pid", str(tmp_path / "pid")).replace("web:8000", "127.0.0.1:8000")
    (tmp_path / "nginx.conf").write_text(local)
    command = [nginx, "-t", "-c", str(tmp_path / "nginx.conf")]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 0, answer.stderr
