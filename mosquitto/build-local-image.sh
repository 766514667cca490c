#!/usr/bin/env bash
# Builds a Mosquitto image from this system's own Debian packages, for where no image can be pulled.
#
#   mosquitto/build-local-image.sh
#
# The image is named after what is in it, e.g. local/mosquitto:debian12, and is laid out like the
# official one: configuration in /mosquitto/config, user 1883. The workbook finds it by its name.
# Running this again replaces it. Needs apt-get, dpkg-deb and docker; installs nothing here.
set -euo pipefail

fail() {
  echo "build-local-image: $*" >&2
  exit 1
}

for tool in apt-get dpkg-deb docker; do
  command -v "$tool" >/dev/null || fail "$tool is missing; this script needs a Debian system with Docker"
done
docker version >/dev/null 2>&1 || fail "Docker does not answer; see what 'docker version' says"

image=$(. /etc/os-release && echo "local/mosquitto:$ID${VERSION_ID:-}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/debs/partial" "$work/all" "$work/root"

# Against an empty package status apt resolves everything that Mosquitto needs, not just what this
# machine lacks. Downloading only, into our own folder, as whoever we are, so no locks.
: >"$work/status"
download() {
  apt-get -qq -y --no-install-recommends --download-only \
    -o Dir::State::status="$work/status" -o Dir::Cache::archives="$work/debs" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)" \
    install mosquitto mosquitto-clients busybox-static >"$work/apt.log" 2>&1
}
if ! download; then
  # The usual reason: no package lists yet, or lists older than what the mirror still has.
  apt-get -qq update >"$work/apt.log" 2>&1 || fail "apt-get update failed: $(tail -n 1 "$work/apt.log")"
  download || fail "apt-get could not download Mosquitto: $(tail -n 1 "$work/apt.log")"
fi

for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/all"; done
version=$(dpkg-deb -f "$work"/debs/mosquitto_*.deb Version)

# The packages unpack to some 100 MB. The image gets these programs, and the libraries that the
# packages' own loader says they load.
cd "$work/all"
programs=(usr/sbin/mosquitto usr/bin/mosquitto_{pub,sub,rr,passwd,ctrl})
plugins=(usr/lib/*/mosquitto_*.so)
shopt -s nullglob
loaders=(lib64/ld-linux*.so.* lib/ld-linux*.so.* usr/lib64/ld-linux*.so.* usr/lib/ld-linux*.so.*)
library_path=$(echo "$PWD"/{,usr/}lib/*-linux-gnu* | tr ' ' ':')
libraries=$(
  for file in "${programs[@]}" "${plugins[@]}"; do
    "./${loaders[0]}" --library-path "$library_path" --list "./$file"
  done | grep -o "$PWD/[^ ]*" | sed "s|^$PWD/||" | sort -u
) || fail "cannot tell which libraries Mosquitto loads"
# BusyBox is one static program: the shell, and what one needs to look around.
for file in "${programs[@]}" "${plugins[@]}" "${loaders[0]}" $libraries bin/busybox; do
  mkdir -p "$work/root/${file%/*}"
  cp -L "$file" "$work/root/$file"
done

cd "$work/root"
mkdir -p etc tmp run mosquitto/{config,data,log}
chmod 1777 tmp
for applet in sh cat chown id ls ps sleep kill; do ln -s busybox "bin/$applet"; done
printf '%s\n' 'root:x:0:0:root:/:/bin/sh' 'mosquitto:x:1883:1883::/mosquitto:/bin/sh' >etc/passwd
printf '%s\n' 'root:x:0:' 'mosquitto:x:1883:' >etc/group
# Only for a `docker run` by hand: the workbook always brings its own configuration.
printf '%s\n' 'listener 1883' 'allow_anonymous true' 'log_dest stderr' >mosquitto/config/mosquitto.conf
cat >docker-entrypoint.sh <<'ENTRYPOINT'
#!/bin/sh
# Mosquitto drops from root to user mosquitto by itself; first make its folders that user's. What is
# mounted read-only stays as it is.
if [ "$(id -u)" = 0 ]; then chown -R mosquitto:mosquitto /mosquitto 2>/dev/null || true; fi
exec "$@"
ENTRYPOINT
chmod 755 docker-entrypoint.sh

former=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
tar --owner=0 --group=0 --numeric-owner -c . | docker import \
  --message "Mosquitto $version from Debian packages" \
  --change 'ENTRYPOINT ["/docker-entrypoint.sh"]' \
  --change 'CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]' \
  --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' \
  --change 'EXPOSE 1883' \
  --change "LABEL org.opencontainers.image.version=$version" \
  - "$image" >/dev/null || fail "docker import failed"
# Without its name the former one is only clutter. It stays while a container still uses it.
if [ -n "$former" ]; then docker image rm "$former" >/dev/null 2>&1 || true; fi

echo "built $image with Mosquitto $version ($(($(docker image inspect --format '{{.Size}}' "$image") / 1000000)) MB)"
