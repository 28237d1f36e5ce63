#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves the network: the guest gets an address by DHCP, fetches a file from the
# host by HTTP and sends one back, both with the right checksum.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

mkdir "$work/www"
dd if=/dev/urandom of="$work/www/file" bs=1M count=8 2>/dev/null
busybox httpd -f -p 127.0.0.1:8080 -h "$work/www" &
httpd=$!
# It would hang up at the end of its own input, so that must not end.
tail -f /dev/null | nc -l -p 8081 >"$work/upload" &

plan 4
guest --cpus 2 --net user <<'END'
{
ip link set eth0 up; udhcpc -n -q -i eth0
echo =address= $(ip -4 addr show eth0 | grep -c 'inet 10\.')
wget -q -O /tmp/file http://10.0.2.2:8080/file
echo =got= $(sha256sum /tmp/file | cut -d ' ' -f 1)
dd if=/dev/urandom of=/tmp/up bs=1M count=4
nc 10.0.2.2 8081 </tmp/up
echo =sent= $(sha256sum /tmp/up | cut -d ' ' -f 1)
poweroff -f
}
END
is "powered off" $? 0
is "address by DHCP" "$(said address)" 1
is "download" "$(said got)" "$(sum_of "$work/www/file")"
wait_for 60 sh -c '! pidof nc'
is "upload" "$(sum_of "$work/upload")" "$(said sent)"
kill "$httpd" "$(pidof tail)"
finish
