#!/usr/bin/env bash
# Makes a Docker engine and a Mosquitto image available, on a Debian machine that may have neither.
#
#   .ci/docker-engine.sh PIDFILE
#
# PIDFILE gets the process id of the dockerd that was started here, and is left empty when an engine
# already answered. So a caller stops what was started, and only that:
#
#   pidfile=$(mktemp)
#   trap 'if [ -s "$pidfile" ]; then kill "$(cat "$pidfile")"; fi; rm -f "$pidfile"' EXIT
#   .ci/docker-engine.sh "$pidfile"
#
# The trap comes first: an engine may be running even when this fails, for want of an image.
# Installing and starting need root; what is installed stays. The engine's log is in /var/log/dockerd-workbook.log.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
pidfile=${1:?usage: .ci/docker-engine.sh PIDFILE}
log=/var/log/dockerd-workbook.log

fail() {
  echo "docker-engine: $*" >&2
  exit 1
}

# A daemon may accept the connection and never answer, so the question has a deadline too.
engine_answers() { timeout 10 docker info >/dev/null 2>&1; }

# True when the pid file $1 names a living process called $2. Asking /proc for the name, because a
# pid left in a stale file may meanwhile belong to something else, and a zombie still has a pid.
runs() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 1
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$2" ] && ! grep -q '^State:.*Z' "/proc/$pid/status"
}

wait_until_answers() {
  local deadline=$((SECONDS + 30))
  until engine_answers; do
    if ! runs /run/docker.pid dockerd && ((SECONDS > deadline - 25)); then return 1; fi
    if ((SECONDS > deadline)); then return 1; fi
    sleep 0.1
  done
}

install_docker() {
  command -v dockerd >/dev/null && command -v docker >/dev/null && return
  command -v apt-get >/dev/null || fail "no Docker here, and no apt-get to install it with"
  echo "docker-engine: installing docker.io" >&2
  export DEBIAN_FRONTEND=noninteractive
  # From Debian 13 on, the client is a package of its own.
  local packages=(docker.io)
  apt-get update -qq || fail "apt-get update failed"
  if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null ||
    fail "apt-get install ${packages[*]} failed"
}

start_engine() {
  # A file left by an engine that was killed stops the next one from starting, or makes it wait for
  # a containerd that is long gone.
  runs /run/docker/containerd/containerd.pid containerd || rm -f /run/docker/containerd/containerd.pid
  rm -f /run/docker.pid
  # --ip: ports are published on loopback only. setsid: Ctrl-C for the caller is not for the engine.
  # 9>&-: the engine must not keep the lock below.
  setsid dockerd --ip 127.0.0.1 >"$log" 2>&1 9>&- </dev/null &
  local pid=$!
  if ! wait_until_answers; then
    kill "$pid" 2>/dev/null || true
    fail "dockerd did not answer within 30 s: $(tail -n 1 "$log")"
  fi
  echo "$pid" >"$pidfile"
}

: >"$pidfile"
if ! engine_answers; then
  [ -z "${DOCKER_HOST:-}" ] || fail "DOCKER_HOST is $DOCKER_HOST and no Docker engine answers there"
  [ "$(id -u)" = 0 ] || fail "no Docker engine answers, and only root can start one"
  # Two callers at once: the second one waits here and then finds the first one's engine.
  exec 9>/run/lock/workbook-docker-engine
  flock 9
  if ! engine_answers; then
    install_docker
    # Where services may start, installing has started one, or somebody else's is on its way up.
    if runs /run/docker.pid dockerd; then
      wait_until_answers || fail "dockerd runs ($(cat /run/docker.pid)) and does not answer"
    else
      start_engine
    fi
  fi
fi

official=eclipse-mosquitto:2.1.2-alpine
if [ -z "$(docker images -q "$official")$(docker images -q local/mosquitto)" ]; then
  timeout 120 docker pull -q "$official" >&2 || "$here/../mosquitto/build-local-image.sh" >&2
fi

# The image that submissions are graded in.
graded=node:22-slim
if [ -z "$(docker images -q "$graded")$(docker images -q local/node)" ]; then
  timeout 120 docker pull -q "$graded" >&2 || "$here/../workbook/grade/build-local-image.sh" >&2
fi
