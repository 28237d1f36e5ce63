#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves, on a host whose kernel runs at EL1, that EL2 changes hands in order:
# CPUs go offline and come back under a guest, built-in KVM takes EL2 and gives it
# back, and keeps peng out while a guest of its own runs.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

module=${MODULE:-/lib/modules/peng.ko}
tests=$(dirname "$(readlink -f "$0")")/..
cpu1=/sys/devices/system/cpu/cpu1/online

if ! dmesg | grep -q 'peng: nvhe mode'; then
	plan 1
	skip "the host kernel runs at EL2"
	finish
fi

# A guest of 4 vCPUs that computes for as long as CPU 1 comes and goes.
hotplug_under_guest()
{
	cat >"$work/input" <<-'END'
	for n in 1 2 3 4; do
		(i=0; while [ $i -lt 4000 ]; do i=$((i + 1)); done; echo "done $n") &
	done
	wait
	echo "=CPUS=" $(nproc)
	poweroff -f
	END
	guest --cpus 4 <"$work/input" &
	wait_for 180 grep -q 'done\|guest#' "$work/console"
	for _ in 1 2 3 4 5; do
		echo 0 >"$cpu1" && echo 1 >"$cpu1" || return 1
	done
	wait $! && [ "$(said CPUS)" = 4 ]
}

hotplug_at_load()
{
	rmmod peng && echo 0 >"$cpu1" && insmod "$module" && echo 1 >"$cpu1" &&
		taskset 2 "$tests/guest/smccc" >"$work/smccc"
}

# KVM ends a VM that has lost EL2, and nothing else.
kvm_takes_el2()
{
	sleep 1000 | peng run --kernel "$KERNEL" --initrd "$INITRD" >"$work/console" 2>&1 &
	wait_for 180 grep -q 'guest#' "$work/console"
	PENG_DEVICE=/dev/kvm "$tests/guest/smccc" >"$work/kvm" || return 1
	kill -KILL "$(pidof peng)" 2>/dev/null
	kill %1 2>/dev/null
	wait
	"$tests/guest/smccc" >"$work/smccc"
}

# EL2 is KVM's for as long as a guest of its own lives.
refused_under_kvm()
{
	sleep 1000 | peng run --device /dev/kvm --kernel "$KERNEL" --initrd "$INITRD" \
		>"$work/console" 2>&1 &
	wait_for 120 grep -q 'guest#' "$work/console"
	insmod "$module" 2>"$work/insmod" && return 1
	grep -q 'Device or resource busy' "$work/insmod" &&
		dmesg | tail -n 2 | grep -q 'peng: EL2 is in use; end the guests of built-in KVM'
}

loads_after_kvm()
{
	kill -KILL "$(pidof peng)" 2>/dev/null
	kill %1 2>/dev/null
	wait
	insmod "$module" && "$tests/guest/smccc" >"$work/smccc" && rmmod peng
}

# KVM first: on an emulated CPU that has been offline, a guest of a stock 6.1
# kernel's own KVM hangs the host, with or without peng.
plan 8
if [ -e /dev/kvm ]; then
	check "KVM takes EL2 from a guest, and gives it back" kvm_takes_el2
	rmmod peng
	PENG_DEVICE=/dev/kvm check "KVM has EL2 once peng is gone" "$tests/guest/ipi" >"$work/kvm"
	tail -n 1 "$work/kvm"
	check "load is refused while a guest of KVM runs" refused_under_kvm
	check "and succeeds after it" loads_after_kvm
else
	for _ in 1 2 3 4; do
		skip "no built-in KVM"
	done
	rmmod peng
fi
check "the module is back" insmod "$module"
check "a CPU comes and goes under a guest" hotplug_under_guest
check "a CPU that was offline at load" hotplug_at_load
check "removal" rmmod peng
insmod "$module"
finish
