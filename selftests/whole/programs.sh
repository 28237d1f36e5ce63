#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves what programs of an unmodified guest do with its CPUs: gdb's hardware
# breakpoints, watchpoints and single steps stop its child where they should and nobody
# else, on all vCPUs and on one; and a program of AArch32 runs, where the host has it.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# Five times to the breakpoint and a step on, then as often to where the variable changes.
session='starti
hbreak stop_here
set $round = 0
while $round < 5
	continue
	printf "at %d %lu\n", $pc - (long)&stop_here, *(unsigned long *)&watched - $round
	stepi
	printf "step %d\n", $pc - (long)&stop_here
	set $round = $round + 1
end
delete
watch *(unsigned long *)&watched
while $round
	continue
	set $round = $round - 1
end
kill'

# The one beside them has the same addresses.
commands='{
'"$mount_clients"'
cat >/tmp/session <<END
'"$(echo "$session" | sed 's/\$/\\$/g; s/\\n/\\\\n/')"'
END
debug()
{
	name=$1
	shift
	"$@" gdb --batch -x /tmp/session --args subject calls 0 2>&1 | sed "s/^/=$name= /"
}
subject calls 0 & beside=$!
debug all env
debug one taskset 2
echo =beside= $(cut -d " " -f 2,3 /proc/$beside/stat)
aarch32; echo =status= $?
'"$count_problems"'
poweroff -f
}'

# lines WHO EXPRESSION: how many of that gdb's match
lines()
{
	sed -n "s/^=$1= //p" "$work/console" | grep -cE "$2"
}

plan 14
# Tabs would have the shell complete words.
echo "$commands" | tr '\t' ' ' | guest --cpus 2 --disk "$CLIENTS,ro"
is "powered off" $? 0
for who in all one; do
	is "$who: a hardware breakpoint" "$(lines $who '^Hardware assisted breakpoint 1 at ')" 1
	is "$who: stops there" "$(lines $who '^Breakpoint 1, 0x[0-9a-f]+ in stop_here') $(lines $who '^at 0 0$')" "5 5"
	is "$who: steps" "$(lines $who '^step 4$')" 5
	is "$who: a hardware watchpoint" "$(lines $who '^Hardware watchpoint 2: ')" 6
	is "$who: stops where the value changes" "$(sed -n "s/^=$who= \(Old\|New\) value = //p" "$work/console" | xargs)" \
		"4 5 5 6 6 7 7 8 8 9"
done
is "the program beside them runs" "$(said beside)" "(subject) R"
if dmesg | grep -q 'detected: 32-bit EL0 Support'; then
	is "AArch32" "$(said aarch32) $(said status)" "yes 0"
else
	skip "no AArch32 on this host"
fi
clean "clean log"
finish
