#!/usr/bin/env bash
# Builds an image with this machine's own Node, to grade in containers where no image can be pulled.
#
#   workbook/grade/build-local-image.sh
#
# The image is named after what is in it, e.g. local/node:20.20.2: the node program, the libraries that
# it loads, and nothing else, not even a shell. npm run grade -- --container finds it by its name.
# Running this again replaces it. Needs node, ldd and docker, on Linux; installs nothing here.
set -euo pipefail

fail() {
  echo "build-local-image: $*" >&2
  exit 1
}

for tool in node ldd docker; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done
docker version >/dev/null 2>&1 || fail "Docker does not answer; see what 'docker version' says"

program=$(node -p process.execPath)
version=$(node -p process.versions.node)
image="local/node:$version"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x...)", and the loader by its path alone.
libraries=$(ldd "$program" | grep -o '/[^ ]*' | sort -u) ||
  fail "cannot tell which libraries $program loads"
# And the rest of the C library, for what the packages bring as binaries.
libc=$(grep '/libc\.so' <<<"$libraries") || fail "$program is not linked to the C library as usual"
for file in $libraries "${libc%/*}"/lib{rt,resolv,nss_files,nss_dns}.so.?; do
  mkdir -p "$work${file%/*}"
  cp -L "$file" "$work$file"
done
mkdir -p "$work"/{usr/local/bin,etc,tmp,grade}
cp -L "$program" "$work/usr/local/bin/node"
chmod 755 "$work" "$work/usr/local/bin/node"
chmod 1777 "$work/tmp"
printf '%s\n' 'root:x:0:0:root:/:/' 'nobody:x:65534:65534:nobody:/tmp:/' >"$work/etc/passwd"
printf '%s\n' 'root:x:0:' 'nogroup:x:65534:' >"$work/etc/group"

former=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
tar --owner=0 --group=0 --numeric-owner -C "$work" -c . | docker import \
  --message "Node $version of this machine" \
  --change 'ENTRYPOINT ["node"]' \
  --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin' \
  --change "LABEL org.opencontainers.image.version=$version" \
  - "$image" >/dev/null || fail "docker import failed"
# Without its name the former one is only clutter. It stays while a container still uses it.
if [ -n "$former" ]; then docker image rm "$former" >/dev/null 2>&1 || true; fi

echo "built $image ($(($(docker image inspect --format '{{.Size}}' "$image") / 1000000)) MB)"
