#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves, on a host whose kernel was started at EL1, that the module is refused
# for that reason, says what would help, and leaves nothing behind.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

module=${MODULE:-/lib/modules/peng.ko}

plan 4
insmod "$module" 2>"$work/insmod"
check "refused with ENODEV" grep -q 'No such device' "$work/insmod"
check "the log names the cure" sh -c \
	'dmesg | grep -q "peng: this kernel was not started at EL2; have the firmware .*start it there"'
check "no device node" test ! -e /dev/peng
is "no trace is left" "$(grep -ciE '\bpeng' /proc/modules /proc/interrupts /proc/misc |
	awk -F : '{ n += $2 } END { print n }')" 0
finish
