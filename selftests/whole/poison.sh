#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the loss of a page of a guest's memory (hard_offline_page is the kernel's
# own injector) ends that guest, by SIGBUS, when it touches the page, and no other guest.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# start NAME: a guest whose shell reads what is written to $work/NAME.in
start()
{
	mkfifo "$work/$1.in"
	peng run --device "$PENG_DEVICE" --memory 256M --kernel "$KERNEL" --initrd "$INITRD" \
		--append "$APPEND" <"$work/$1.in" >"$work/$1.log" 2>&1 &
}

gone()
{
	! kill -0 "$victim"
}

if ! can_lose_pages; then
	plan 1
	skip "this kernel cannot inject memory errors"
	finish
fi
plan 4
start victim
victim=$!
exec 3>"$work/victim.in"
start other
other=$!
exec 4>"$work/other.in"
echo 'churn 120' >&3
check "the guest writes its memory" wait_for 100 grep -q '=churn= [1-9]' "$work/victim.log"
check "a page is lost, and the guest ends" lose_pages $victim gone
wait $victim && status=0 || status=$?
is "by SIGBUS" "$status" 135
echo '{ echo =alive= $((1 + 1)); poweroff -f; }' >&4
wait $other && status=0 || status=$?
is "the other guest" "$(tr -d '\r' <"$work/other.log" | sed -n 's/^=alive= //p') $status" "2 0"
finish
