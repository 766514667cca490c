#!/usr/bin/env bash
# Installs the Debian packages that some tests need and are left out without: Mosquitto and its clients
# as foreign programs, a terminal to press keys in, certificates, a browser.
set -euo pipefail

missing=()
for pair in mosquitto:mosquitto mosquitto_pub:mosquitto-clients tmux:tmux openssl:openssl; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# Any browser of the family will do, and Ubuntu's package of this name is none.
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing+=(chromium)
[ ${#missing[@]} -eq 0 ] && exit 0
echo "system-packages: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
# Debian would start the broker, and that would hold port 1883.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
