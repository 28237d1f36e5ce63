#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the host kernel's vhost-net carries a guest's traffic: the kicks of
# its queues reach the kernel by ioeventfd, their interrupts the guest by irqfd
# and MSI-X, and what is sent is what arrives, both ways.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

# The name of vhost's kernel thread ends in its owner's number.
workers()
{
	cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^vhost-[0-9]'
}

gone()
{
	[ "$(workers)" -le "$before" ]
}

commands='ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0
echo =msi= $(grep -c "ITS-MSI.*virtio.*-input" /proc/interrupts)
wget -q -O /tmp/data http://10.9.0.1:8080/data
echo =fetched= $(sha256sum </tmp/data | cut -c -64)
nc 10.9.0.1 8081 </tmp/data
'"$count_problems"'
poweroff -f'

plan 7
mkdir "$work/www"
head -c 8388608 /dev/urandom >"$work/www/data"
sum=$(sha256sum <"$work/www/data" | cut -c -64)
before=$(workers)
linux guest -smp 2 -netdev tap,id=net,ifname=peng0,script=no,downscript=no,vhost=on \
	-device virtio-net-pci,netdev=net
check "vhost works for the guest" [ "$(workers)" -gt "$before" ]
ip addr add 10.9.0.1/24 dev peng0
ip link set peng0 up
httpd -p 10.9.0.1:8080 -h "$work/www"
# It would hang up at the end of its own input, so that must not end.
tail -f /dev/null | nc -l -p 8081 >"$work/back" &
echo "$commands" >"$work/guest.in"
is "powered off" "$(ended guest 240)" 0
check "MSI-X by the ITS" [ "$(printed guest msi)" -ge 1 ]
is "from the host" "$(printed guest fetched)" "$sum"
wait_for 60 sh -c '! pidof nc'
is "to the host" "$(sha256sum <"$work/back" | cut -c -64)" "$sum"
is "clean log" "$(printed guest problems)" 0
kill "$(pidof httpd)" "$(pidof tail)"
check "vhost has ended with it" wait_for 60 gone
finish
