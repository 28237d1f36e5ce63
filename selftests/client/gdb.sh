#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that QEMU's gdb stub debugs a guest's kernel: hardware and software
# breakpoints and a watchpoint stop it where they were set, single steps go one
# instruction at a time, and afterwards the guest goes on unharmed.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

port=$((10000 + $$ % 20000))

# rsp COMMAND VALUE: what the debugger saw, while the guest's shell does something
rsp()
{
	tell guest 'cat /proc/self/stat >/dev/null; sleep 1; cat /proc/self/stat >/dev/null'
	timeout 300 "$here/../lib/rsp" $port "$1" "$2"
}

# address SYMBOL
address()
{
	tell guest "echo =$1= 0x\$(grep ' $1\$' /proc/kallsyms | cut -c -16)"
	wait_for 30 symbol "$1"
	printed guest "$1"
}

symbol()
{
	[ "$(printed guest "$1" | wc -c)" = 19 ]
}

words()
{
	[ -n "$(printed guest words)" ]
}

plan 9
linux guest -smp 1 -gdb tcp:127.0.0.1:$port
tell guest 'echo 0 >/proc/sys/kernel/kptr_restrict'
function=$(address seq_read_iter)
tell guest 'churn 1 &'
wait_for 60 words
word=$(printed guest words)
check "addresses are known" [ ${#function} = 18 -a ${#word} -ge 12 ]
is "hardware breakpoint" "$(rsp break "$function")" "$function"
is "again" "$(rsp break "$function")" "$function"
is "software breakpoint" "$(rsp soft "$function")" "$function"
is "watchpoint" "$(rsp watch "$word")" "$word"
# Where interrupts are masked: else a pending one is what is stepped into.
is "three single steps" "$(rsp into "$(address arch_timer_handler_virt)")" 0xc
tell guest 'killall churn'
tell guest "{
echo =alive= \$((1 + 1))
$count_problems
poweroff -f
}"
is "the guest has powered off" "$(ended guest 120)" 0
is "alive" "$(printed guest alive)" 2
clean "clean log" "$work/guest.log"
finish
