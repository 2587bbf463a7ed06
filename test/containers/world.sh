#!/usr/bin/env bash
# world.sh OS PROJECT: runs a Docker daemon in namespaces of its own, until standard input closes.
# Prints the id of its first process. No port, daemon, mount or iptables rule of the machine is
# touched. Whoever started this may end in any way: the daemon and all containers end too.
set -euo pipefail
os=$1 project=$2

remove_cgroups() {
  local group
  for group in /sys/fs/cgroup{,/*}/marquee-containers; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

# One at a time. The daemon inherits the lock, so it is free only when everything has ended.
exec 9>"$os/.lock"
flock 9
remove_cgroups
mkdir -p "$os/old" "$os/project"
rm -f "$os/var/run/docker.pid"

setpriv --pdeathsig KILL unshare --net --mount --pid --fork --kill-child bash -ec '
  mount --make-rprivate /
  mount --bind "$0" "$0"
  mount --bind "$1" "$0/project"
  mount -t proc proc "$0/proc"
  mount --rbind /sys "$0/sys"
  mount --rbind /dev "$0/dev"
  mount -t tmpfs run "$0/run"
  cd "$0"
  pivot_root . old
  umount -l /old
  ip link set lo up
  echo nameserver 10.0.2.3 >/etc/resolv.conf
  echo 127.0.0.1 localhost >/etc/hosts
  exec chroot . dockerd --cgroup-parent /marquee-containers
' "$os" "$project" </dev/null >&2 &
outer=$!
until first=$(pgrep -P "$outer"); do
  kill -0 "$outer"
  sleep 0.05
done
echo "$first"

cat >/dev/null
kill -TERM "$first" 2>/dev/null || true
timeout 30 tail --pid="$outer" -f /dev/null || kill -KILL "$outer"
wait "$outer" || true
remove_cgroups
