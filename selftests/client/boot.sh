#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the distribution's QEMU, unmodified, boots Linux with 1 and 4 vCPUs,
# and that its virtio-pci disk, network card and random-number generator move
# data that is right, interrupting by MSI-X through the ITS; and that UEFI
# firmware in flash boots the same guest.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

port=$((10000 + $$ % 20000))

devices()
{
	echo "-drive if=none,id=disk,format=raw,file=$work/disk
		-device virtio-blk-pci,drive=disk -netdev user,id=net
		-device virtio-net-pci,netdev=net -device virtio-rng-pci"
}

commands='{
echo =cpus= $(nproc)
echo =msi= $(grep -cE "ITS-(PCI-)?MSI.*virtio" /proc/interrupts)
echo =read= $(sha256sum </dev/vda | cut -c -64)
echo =pmu= $(dmesg | grep -c "hw perfevents: enabled with armv8_pmuv3")
echo =efi= $(ls -d /sys/firmware/efi)
echo =random= $(head -c 4096 /dev/hwrng | wc -c)
udhcpc -q -n -i eth0 >/dev/null 2>&1
echo =fetched= $(wget -q -O - http://10.0.2.2:PORT/disk | sha256sum | cut -c -64)
'"$count_problems"'
tr "a-y" "b-z" </dev/vda >/tmp/copy; cat /tmp/copy >/dev/vda; sync
poweroff -f
}'

# boot NAME CPUS OPTIONS...
boot()
{
	box=$1 cpus=$2
	shift 2
	head -c 1048576 /dev/urandom >"$work/disk"
	sum=$(sum_of "$work/disk")
	written=$(tr "a-y" "b-z" <"$work/disk" | sha256sum)
	cp "$work/disk" "$work/www/disk"
	# shellcheck disable=SC2046 # options are words
	linux "$box" -smp "$cpus" $(devices) "$@"
	echo "$commands" | sed "s/PORT/$port/" >"$work/$box.in"
	is "$box: powered off" "$(ended "$box" 240)" 0
	is "$box: PMU" "$(printed "$box" pmu)" "$pmus"
	is "$box: vCPUs" "$(printed "$box" cpus)" "$cpus"
	check "$box: MSI-X by the ITS" [ "$(printed "$box" msi)" -ge 5 ]
	is "$box: read from the disk" "$(printed "$box" read)" "$sum"
	is "$box: written to it" "$(sha256sum <"$work/disk")" "$written"
	is "$box: fetched by network" "$(printed "$box" fetched)" "$sum"
	is "$box: random numbers" "$(printed "$box" random)" 4096
	clean "$box: clean log" "$work/$box.log"
}

plan 28
# `-cpu host` has one where the host's perf has.
pmus=$(find /sys/bus/event_source/devices -name 'armv8_pmuv3*' | grep -c .)
mkdir "$work/www"
httpd -p 127.0.0.1:$port -h "$work/www"
boot one 1
boot four 4
cp /usr/share/AAVMF/AAVMF_VARS.fd "$work/flash"
boot uefi 1 \
	-drive if=pflash,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.fd \
	-drive "if=pflash,format=raw,file=$work/flash"
is "uefi: the guest knows of it" "$(printed uefi efi)" /sys/firmware/efi
kill "$(pidof httpd)"
finish
