#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the loss of a page of a guest's memory (hard_offline_page is the kernel's
# own injector) ends that guest, by SIGBUS, when it touches the page, and no other guest.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

offline=/sys/devices/system/memory/hard_offline_page

# start NAME: a guest whose shell reads what is written to $work/NAME.in
start()
{
	mkfifo "$work/$1.in"
	peng run --device "$PENG_DEVICE" --memory 256M --kernel "$KERNEL" --initrd "$INITRD" \
		--append "$APPEND" <"$work/$1.in" >"$work/$1.log" 2>&1 &
}

# ram PID: where its largest mapping is, the guest's memory
ram()
{
	sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) rw.*/\1 \2/p' "/proc/$1/maps" |
	while read -r from to; do
		echo $((0x$to - 0x$from)) $((0x$from))
	done | sort -n | sed -n '$s/.* //p'
}

# frame PID ADDRESS: the physical address of what it has there, 0 for nothing
frame()
{
	entry=$(dd if="/proc/$1/pagemap" bs=8 skip=$(($2 / page)) count=1 2>/dev/null |
		od -An -tx8 | tr -d ' ')
	echo $(((0x$entry & 0x7fffffffffffff) * page))
}

# Most of the guest's memory is written again and again: a page or the next is of it.
lose_pages()
{
	base=$(ram "$1")
	for megabytes in 120 100 140 80 160 60; do
		at=$(frame "$1" $((base + megabytes * 1048576)))
		[ "$at" != 0 ] || continue
		echo "$at" >"$offline"
		wait_for 20 gone "$1" && return
	done
	return 1
}

gone()
{
	! kill -0 "$1"
}

if ! [ -w "$offline" ]; then
	plan 1
	skip "this kernel cannot inject memory errors"
	finish
fi
page=$(getconf PAGESIZE 2>/dev/null || echo 4096)
plan 4
start victim
victim=$!
exec 3>"$work/victim.in"
start other
other=$!
exec 4>"$work/other.in"
echo 'churn 120' >&3
check "the guest writes its memory" wait_for 100 grep -q '=churn= [1-9]' "$work/victim.log"
check "a page is lost, and the guest ends" lose_pages $victim
wait $victim && status=0 || status=$?
is "by SIGBUS" "$status" 135
echo '{ echo =alive= $((1 + 1)); poweroff -f; }' >&4
wait $other && status=0 || status=$?
is "the other guest" "$(tr -d '\r' <"$work/other.log" | sed -n 's/^=alive= //p') $status" "2 0"
finish
