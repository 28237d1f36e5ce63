#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that an unmodified QEMU tells its guest of a page of memory that was lost, and
# where: the SIGBUS becomes an error record and an external abort, the guest's kernel
# ends the program that used the page, and all else in the guest goes on.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

told()
{
	grep -q 'Memory failure: .*Recovered' "$work/guest.log"
}

if ! can_lose_pages; then
	plan 1
	skip "this kernel cannot inject memory errors"
	finish
fi
plan 5
cp /usr/share/AAVMF/AAVMF_VARS.fd "$work/flash"
linux guest -M virt,gic-version=3,ras=on -smp 1 \
	-drive if=pflash,format=raw,readonly=on,file=/usr/share/AAVMF/AAVMF_CODE.fd \
	-drive "if=pflash,format=raw,file=$work/flash"
tell guest 'churn 120 &'
check "the guest writes its memory" shows guest 120 '=churn= [1-9]'
check "the guest is told of a lost page" lose_pages "$(pidof qemu-system-aarch64)" told
check "as of a memory error" shows guest 20 'Hardware Error.*section_type: memory error'
tell guest '{
wait; echo =churns= $(pidof churn | wc -w)
poweroff -f
}'
is "powered off" "$(ended guest 120)" 0
is "the program has ended" "$(printed guest churns)" 0
finish
