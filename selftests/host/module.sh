#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the module comes and goes: no removal while a guest runs, removal
# and insertion many times with a guest in between, nothing of it left behind,
# and built-in KVM still works beside it and after it.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

module=${MODULE:-/lib/modules/peng.ko}
tests=$(dirname "$(readlink -f "$0")")/..

traces()
{
	grep -ciE '\bpeng' /proc/interrupts /proc/misc /proc/modules /proc/kallsyms \
		/proc/slabinfo 2>/dev/null | awk -F : '{ n += $2 } END { print n }'
}

page()
{
	wget -q -O - http://127.0.0.1:9178/metrics
}

no_page()
{
	page 2>&1 | grep -q ' 503 '
}

plan 12
sleep 1000 | peng run --kernel "$KERNEL" --initrd "$INITRD" >"$work/console" 2>&1 &
wait_for 180 grep -q 'guest#' "$work/console"
check "no removal under a guest" sh -c '! rmmod peng 2>/dev/null'
kill -KILL "$(pidof peng)"
kill %1 2>/dev/null
check "the guest is gone" wait_for 60 sh -c '! pidof peng'
ip link set lo up
peng metrics --listen 127.0.0.1:9178 >"$work/server" 2>&1 &
server=$!
wait_for 60 grep -q '^listening' "$work/server"
check "metrics are served" page >"$work/page"
tail -n 1 "$work/page"
check "removal without a guest" wait_for 60 rmmod peng
check "the node is gone" test ! -e /dev/peng
is "no trace is left" "$(traces)" 0
check "none are without the module" no_page

cycle()
{
	i=0
	while [ $i -lt 20 ]; do
		insmod "$module" halt_poll_ns=0 && "$tests/guest/ipi" >"$work/ipi" 2>&1 && rmmod peng || return 1
		i=$((i + 1))
	done
}
check "20 insertions, each with a guest of 8 vCPUs" cycle
is "no trace is left" "$(traces)" 0
if [ -e /dev/kvm ]; then
	PENG_DEVICE=/dev/kvm check "KVM works after it" "$tests/guest/timer" >"$work/kvm"
	tail -n 1 "$work/kvm"
else
	skip "no built-in KVM"
fi
check "and it can be inserted again" insmod "$module"
check "metrics are served again" page >"$work/page"
tail -n 1 "$work/page"
kill $server
finish
