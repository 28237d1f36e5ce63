#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the host kernel's vhost-net and vhost-vsock carry a guest's traffic:
# the kicks of its queues reach the kernel by ioeventfd, their interrupts the guest
# by irqfd and MSI-X, and what is sent is what arrives, both ways; by vsock both
# ways at once, whichever side connects, and to the end after a half close.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

# The name of vhost's thread ends in its owner's number; each device has one, a
# process of the kernel's until Linux 6.4, then a thread of the owner.
workers()
{
	cat /proc/[0-9]*/task/*/comm 2>/dev/null | grep -c '^vhost-[0-9]'
}

gone()
{
	[ "$(workers)" -le "$before" ]
}

net='{
ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0
wget -q -O /tmp/data http://10.9.0.1:8080/data
echo =fetched= $(sha256sum </tmp/data | cut -c -64)
nc 10.9.0.1 8081 </tmp/data
'
# The host's side may be ready later.
vsock='head -c 8388608 /dev/urandom >/tmp/own; mkfifo /tmp/echo
modprobe vmw_vsock_virtio_transport
until vsock connect 2 1024 </tmp/own >/tmp/data; do sleep 1; done
echo =received= $(sha256sum </tmp/data | cut -c -64)
echo =own= $(sha256sum </tmp/own | cut -c -64)
vsock listen 1025 </tmp/echo | cat >/tmp/echo
}'
# When nothing is on its way any more, for what is not read yet is lost.  QEMU gives
# vhost-vsock one vector less than Linux needs for one per queue.
ending='{
taken() { awk "/ITS.*-MSI.*virtio.*-$1/ { print \$2 + \$3 }" /proc/interrupts; }
echo =net= $(taken input)
echo =vsock= $(taken virtqueues)
'"$count_problems"'
poweroff -f
}'

listen()
{
	vsock listen 1024 <"$work/www/data" >"$work/received"
	echo "$?" >"$work/listened"
}

# Until the guest listens it is refused.
echoed()
{
	vsock connect 3 1025 <"$work/www/data" >"$work/echoed"
}

plan 14
modprobe vhost_vsock
mkdir "$work/www"
head -c 8388608 /dev/urandom >"$work/www/data"
sum=$(sum_of "$work/www/data")
before=$(workers)
linux guest -smp 2 -netdev tap,id=net,ifname=peng0,script=no,downscript=no,vhost=on \
	-device virtio-net-pci,netdev=net -device vhost-vsock-pci,guest-cid=3
check "vhost works for both devices" [ "$(workers)" -ge $((before + 2)) ]
ip addr add 10.9.0.1/24 dev peng0
ip link set peng0 up
httpd -p 10.9.0.1:8080 -h "$work/www"
# It would hang up at the end of its own input, so that must not end.
tail -f /dev/null | nc -l -p 8081 >"$work/back" &
listen &
echo "$net$vsock" >"$work/guest.in"
check "vsock: the guest connects" wait_for 240 test -s "$work/listened"
is "vsock: ended well" "$(cat "$work/listened")" 0
check "vsock: the host connects" wait_for 240 echoed
echo "$ending" >"$work/guest.in"
is "powered off" "$(ended guest 240)" 0
check "net: MSI-X by the ITS" [ "$(printed guest net)" -ge 1 ]
is "net: from the host" "$(printed guest fetched)" "$sum"
wait_for 60 sh -c '! pidof nc'
is "net: to the host" "$(sum_of "$work/back")" "$sum"
check "vsock: MSI-X by the ITS" [ "$(printed guest vsock)" -ge 1 ]
is "vsock: from the host" "$(printed guest received)" "$sum"
is "vsock: to the host" "$(sum_of "$work/received")" "$(printed guest own)"
is "vsock: there and back" "$(sum_of "$work/echoed")" "$sum"
clean "clean log" "$work/guest.log"
kill "$(pidof httpd)" "$(pidof tail)"
check "vhost has ended with it" wait_for 60 gone
finish
