# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests with an unmodified QEMU as the client: starting it on PENG_DEVICE by
# `peng exec`, and talking with its guest's shell and its monitor through FIFOs.
# Sourced after tap.sh.

# shellcheck disable=SC2154 # tap.sh sets $work

# vm NAME OPTIONS...: start a QEMU whose console is kept in $work/NAME.log, what
# the monitor says in $work/NAME.mon.log, its status at last in $work/NAME.end
vm()
{
	name=$1
	shift
	rm -f "$work/$name".*
	mkfifo "$work/$name.in" "$work/$name.out" "$work/$name.mon.in" "$work/$name.mon.out"
	tr -d '\r' <"$work/$name.out" >"$work/$name.log" &
	tr -d '\r' <"$work/$name.mon.out" >"$work/$name.mon.log" &
	{
		peng exec -D "$PENG_DEVICE" -- qemu-system-aarch64 -nodefaults -display none \
			-M virt,gic-version=3 -accel kvm -cpu host -m 256 -no-reboot \
			-chardev "pipe,id=con,path=$work/$name" -serial chardev:con \
			-chardev "pipe,id=mon,path=$work/$name.mon" -mon chardev=mon "$@" \
			>"$work/$name.err" 2>&1
		echo "=status= $?" >"$work/$name.end"
	} &
}

# linux NAME OPTIONS...: the same with the Linux guest, up to its shell
linux()
{
	vm "$@" -kernel "$KERNEL" -initrd "$INITRD" -append "$APPEND"
	at_prompt "$1"
}

at_prompt()
{
	shows "$1" 240 'guest# '
}

# tell NAME LINE: to the guest's shell, which is at its prompt
tell()
{
	echo "$2" >"$work/$1.in"
}

# monitor NAME LINE: to QEMU itself
monitor()
{
	echo "$2" >"$work/$1.mon.in"
}

# shows NAME SECONDS EXPRESSION: wait until the console shows it
shows()
{
	wait_for "$2" grep -qE "$3" "$work/$1.log"
}

# answers NAME SECONDS LINE EXPRESSION: ask the monitor until it says so
answers()
{
	ask "$1" "$3"
	wait_for "$2" asked "$1" "$3" "$4"
}

ask()
{
	: >"$work/$1.mon.log"
	monitor "$1" "$2"
}

asked()
{
	grep -qE "$3" "$work/$1.mon.log" && return
	monitor "$1" "$2"
	sleep 1
	return 1
}

# printed NAME TAG: what the guest printed by `echo =TAG= $(...)`, whatever its
# shell was echoing at the same time; the last, for what was typed is echoed before,
# and a prompt may cut that short
printed()
{
	sed -n "s/.*=$2= \([^\$]*\)\$/\1/p" "$work/$1.log" | tail -n 1
}

# ended NAME SECONDS: wait for QEMU's end; prints its exit status
ended()
{
	wait_for "$2" test -s "$work/$1.end"
	sed 's/=status= //' "$work/$1.end"
	# What QEMU had to say of a failure.
	sed 's/^/# /' "$work/$1.err" >&2
}

# rounds NAME: rounds and wrong words that churn has last counted in the guest
rounds()
{
	sed -n 's/.*=churn= \([0-9]* [0-9][0-9]*\)$/\1/p' "$work/$1.log" | tail -n 1
}

# churns_on NAME: churn counts on from now, on this console, without one wrong word
churns_on()
{
	before=$(grep -c '=churn= ' "$work/$1.log")
	wait_for 120 counted_more "$1" $((before + 3)) || return 1
	set -- $(rounds "$1")
	echo "# $1 rounds, $2 wrong words"
	[ "$2" = 0 ]
}

counted_more()
{
	[ "$(grep -c '=churn= .* ' "$work/$1.log")" -ge "$2" ]
}
