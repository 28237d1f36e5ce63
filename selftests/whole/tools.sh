#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves the commands that watch and steer, as a user types them, on a guest of
# `peng run` and one of QEMU: both are listed with what they are; a name stands for
# a VM; a paused guest does nothing and a resumed one goes on; a killed one ends and
# its launcher says why; events come as things happen; what cannot be done is refused
# in one line with a status of its own, as is a guest for which there is no room.

# shellcheck disable=SC2154 # tap.sh sets $work

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

if [ "${PENG_DEVICE##*/}" = kvm ]; then
	echo "1..0 # SKIP KVM has no netlink family"
	exit 4
fi

# listed PID KEY: what `peng ls` says of that process's VM
listed()
{
	peng ls --json | tr '{' '\n' | grep "\"pid\":$1," | value "$2"
}

# value KEY: of the JSON object on stdin, without quotes
value()
{
	sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"
}

# exits VM: of all its vCPUs
exits()
{
	peng show --json "$1" | tr '{' '\n' | value exits
}

more_exits()
{
	[ "$(exits "$1")" != "$2" ]
}

# did VM: how often it exited while `peng stat` looked
did()
{
	peng stat --json -i 0.2 -n 1 "$1" | value exits
}

does_something()
{
	[ "$(did "$1")" -gt 0 ]
}

# metric NAME LABELS: of `peng metrics`
metric()
{
	sed -n "s/^peng_$1{$2[^}]*} //p" "$work/metrics"
}

runs()
{
	[ "$(listed "$1" state)" = running ]
}

# events_of ID: in their order, on one line
events_of()
{
	grep "\"id\":$1," "$work/events" | value event | xargs
}

# says STATUS TEXT COMMAND...: the command ends so, with one line of error that has it
says()
{
	status=$1 text=$2
	shift 2
	"$@" >/dev/null 2>"$work/err"
	is "status of: $*" "$?" "$status"
	check "one line of: $*" grep -q "^peng: .*$text" "$work/err"
	is "and no other" "$(wc -l <"$work/err")" 1
}

plan 85
peng events --json >"$work/events" &
events=$!
check "events: ready" wait_for 60 grep -q '"listening"' "$work/events"

mkfifo "$work/in"
peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" \
	--append "$APPEND" --cpus 2 --memory 256M --name first \
	<"$work/in" >"$work/console" 2>&1 &
guest=$!
exec 8>"$work/in"
vm qemu -kernel "$KERNEL" -initrd "$INITRD" -append "$APPEND"
echo 'echo =up= yes' >&8
check "the guest of peng run is up" wait_for 180 grep -q '^=up= yes' "$work/console"
wait_for 60 pidof qemu-system-aarch64
qemu=$(pidof qemu-system-aarch64)
check "QEMU's guest runs" wait_for 180 runs "$qemu"

is "peng run: vCPUs" "$(listed $guest vcpus)" 2
is "peng run: memory" "$(listed $guest memory)" 268435456
is "peng run: state" "$(listed $guest state)" running
is "peng run: name" "$(listed $guest name)" first
is "QEMU: no name" "$(listed "$qemu" name)" null
is "QEMU: vCPUs" "$(listed "$qemu" vcpus)" 1
check "QEMU: memory" [ "$(listed "$qemu" memory)" -ge 268435456 ]
first=$(listed $guest id)
second=$(listed "$qemu" id)
is "for people: a title and two VMs" "$(peng ls | wc -l)" 3
is "no colours in a pipe" "$(peng ls | tr -cd '\033' | wc -c)" 0

check "rename" peng rename "$first" web
is "its name" "$(listed $guest name)" web
is "found by its name" "$(peng show --json web | tr '{' '\n' | value id | head -n 1)" "$first"
is "two vCPUs with counters" "$(exits web | wc -l)" 2
peng show web >"$work/show"
is "for people: a line for each vCPU" "$(grep -c '^ *[01] [a-z]' "$work/show")" 2
check "stat: it does something" wait_for 60 does_something web
is "stat: vCPUs" "$(peng stat --json -i 0.2 -n 1 web | value vcpus)" 2
is "stat, for people: a title and two lines" "$(peng stat -i 0.2 -n 2 web | wc -l)" 3

peng metrics >"$work/metrics"
is "metrics: VMs" "$(sed -n 's/^peng_vms //p' "$work/metrics")" 2
is "metrics: vCPUs" "$(metric vm_vcpus "vm=\"$first\",name=\"web\"")" 2
is "metrics: memory" "$(metric vm_memory_bytes "vm=\"$first\"")" 268435456
is "metrics: a counter of each vCPU" "$(metric vcpu_exits_total "vm=\"$first\"" | grep -c '[0-9]')" 2
is "metrics: nothing else" "$(grep -vcE \
	'^(# (HELP|TYPE) peng_[a-z_]+ .+|peng_[a-z_]+(\{[^}]*\})? [0-9.]+)$' "$work/metrics")" 0
says 1 'another VM has this name' peng rename "$second" web
says 1 'another VM has this name' peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --name web
says 1 'a name is a letter' peng rename "$second" 4web

limits=/sys/module/peng/parameters
echo 2 >$limits/max_vms
says 1 'parameters/max_vms$' peng run --device "$PENG_DEVICE" --kernel "$KERNEL"
is "doctor: no room for another" "$(peng doctor | grep -c '^bad *room .*2 of at most 2 VMs')" 1
echo 0 >$limits/max_vms
echo 4 >$limits/max_vcpus_per_user
says 1 'parameters/max_vcpus_per_user$' \
	peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --cpus 2
echo 0 >$limits/max_vcpus_per_user

check "pause" peng pause web
is "paused" "$(listed $guest state)" paused
before=$(exits web)
check "pause again" peng pause web
is "stat: a paused guest does nothing" "$(did web)" 0
echo 'echo =awake= yes' >&8
# It would not take as long to answer.
sleep 1
is "a paused guest exits no more" "$(exits web)" "$before"
check "reset" peng reset web
is "the counters of its vCPUs begin anew" "$(exits web | xargs)" "0 0"
check "nor does it answer" [ "$(grep -c '^=awake=' "$work/console")" = 0 ]
is "the other one is not paused" "$(listed "$qemu" state)" running
check "resume" peng resume web
check "the resumed guest answers" wait_for 180 grep -q '^=awake= yes' "$work/console"

check "pause QEMU's" peng pause "$second"
before=$(exits "$second")
sleep 1
is "it exits no more" "$(exits "$second")" "$before"
check "resume QEMU's" peng resume "$second"
check "it goes on" wait_for 180 more_exits "$second" "$before"
monitor qemu quit
is "QEMU ends" "$(ended qemu 120)" 0

check "kill" peng kill web
wait $guest
is "peng run: failed" $? 1
is "and says why" "$(grep -c 'peng: the guest was killed' "$work/console")" 1
is "no VM is left" "$(peng ls --json)" '{"vms":[]}'

wait_for 60 grep -q "\"destroyed\".*\"id\":$first,.*\"reason\"" "$work/events"
wait_for 60 grep -q "\"destroyed\".*\"id\":$second,.*\"reason\"" "$work/events"
is "events of peng run's" "$(events_of "$first")" "created started paused resumed killed destroyed"
is "events of QEMU's" "$(events_of "$second")" "created started paused resumed destroyed"
is "why" "$(grep destroyed "$work/events" | grep "\"id\":$first," | value reason)" killed
kill $events

peng doctor >"$work/doctor"
is "doctor: all is well" $? 0
is "doctor: for people" "$(grep -c '^ok ' "$work/doctor")" 7
is "doctor: for programs" "$(peng doctor --json | value ok | head -n 1)" true
says 3 'peng ls' peng show web
says 3 'peng ls' peng pause "$first"
says 3 'peng ls' peng stat web
says 2 'seconds' peng stat -i 0 web
says 2 'help' peng pause
says 2 'help' peng ls --count 1
finish
