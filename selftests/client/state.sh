#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# state.sh [TIMES] - a guest's whole state, out of one QEMU and into another
#
# Proves that a guest which writes and checks its memory all the while goes on
# without one wrong word after a snapshot was taken, after it was loaded where it
# was taken and in a new QEMU, and after a live migration over a unix socket.

# shellcheck disable=SC2154 # tap.sh sets $work

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

times=${1:-1}

disk()
{
	echo "-drive if=none,id=disk,format=qcow2,file=$work/disk
		-device virtio-blk-pci,drive=disk"
}

churning()
{
	# shellcheck disable=SC2046 # options are words
	linux "$1" -smp 2 $(disk)
	tell "$1" 'churn 24 & churn 8 &'
	check "$1: churns" churns_on "$1"
}

snapshot()
{
	qemu-img create -q -f qcow2 "$work/disk" 64M
	churning first
	monitor first 'savevm one'
	check "snapshot: it is there" answers first 120 'info snapshots' ' one '
	check "snapshot: the guest goes on" churns_on first
	monitor first 'loadvm one'
	check "snapshot: goes back in place" answers first 120 'info status' 'running'
	check "snapshot: the guest goes on from there" churns_on first
	monitor first quit
	is "snapshot: QEMU has ended" "$(ended first 60)" 0
	# shellcheck disable=SC2046
	vm second -smp 2 $(disk) -kernel "$KERNEL" -initrd "$INITRD" \
		-append "$APPEND" -loadvm one
	check "snapshot: a new QEMU goes on" resumed second
	monitor second quit
	is "snapshot: the new QEMU has ended" "$(ended second 60)" 0
}

# A console that was restored has no prompt to wait for.
resumed()
{
	wait_for 120 test -e "$work/$1.log" && wait_for 120 counted_more "$1" 1 && churns_on "$1"
}

migrate()
{
	rm -f "$work/socket"
	# shellcheck disable=SC2046
	vm there -smp 2 $(disk) -kernel "$KERNEL" -initrd "$INITRD" \
		-append "$APPEND" -incoming "unix:$work/socket"
	check "migration: the other side waits" wait_for 60 test -e "$work/socket"
	monitor here 'migrate_set_parameter downtime-limit 4000'
	monitor here 'migrate_set_parameter max-bandwidth 1G'
	monitor here "migrate -d unix:$work/socket"
	check "migration: completed" answers here 240 'info migrate' 'status: completed'
	check "migration: the guest goes on there" resumed there
	monitor here quit
	is "migration: QEMU has ended here" "$(ended here 60)" 0
	monitor there quit
	is "migration: and there" "$(ended there 60)" 0
}

plan $((times * 14))
for _ in $(seq "$times"); do
	snapshot
	qemu-img create -q -f qcow2 "$work/disk" 64M
	churning here
	migrate
done
finish
