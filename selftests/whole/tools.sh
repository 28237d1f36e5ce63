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

# labels FILE: all metrics in it, without the numbers, and without classes of exits, of
# which there may be more a moment later
labels()
{
	sed '/class=/d; s/ [0-9.]*$//' "$work/$1"
}

# classes OPTION PATTERN: what `peng stat` says of the guest's exits
classes()
{
	peng stat "$1" -i 0.5 -n 1 web | grep -qE "$2"
}

# metric NAME LABELS: of `peng metrics`
metric()
{
	sed -n "s/^peng_$1{$2[^}]*} //p" "$work/metrics"
}

# A class of exits that vCPU 0 of the first guest had: an idle one has no interrupts.
timed()
{
	sed -n "s/^peng_vcpu_exit_seconds_count{vm=\"$first\",.*vcpu=\"0\",class=\"\([a-z_]*\)\"} [1-9].*/\1/p" \
		"$work/metrics" | head -n 1
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

plan 177
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
check "stat: why the guest is left, and for how long" wait_for 60 classes --exits \
	'^[0-9:.]+ (wfi|interrupt) +[0-9]+ +[0-9.]+% +[0-9.]+[num]?s +[0-9.]+[num]?s +[0-9.]+[num]?s '
check "stat: how many exits were how long" wait_for 60 classes --histogram \
	'^ +< +[0-9.]+[num]?s +[1-9][0-9]* #+$'

peng metrics >"$work/metrics"
is "metrics: VMs" "$(sed -n 's/^peng_vms //p' "$work/metrics")" 2
is "metrics: vCPUs" "$(metric vm_vcpus "vm=\"$first\",name=\"web\"")" 2
is "metrics: memory" "$(metric vm_memory_bytes "vm=\"$first\"")" 268435456
mapped=$(metric vm_mapped_bytes "vm=\"$first\"" | awk '{ sum += $NF } END { print sum }')
check "metrics: what is mapped is not nothing" [ "$mapped" -gt 0 ]
check "metrics: nor more than there is" [ "$mapped" -le 268435456 ]
is "show: what is mapped" "$(peng show web | grep -cE '^mapped +[0-9.]+[BKM] by 4')" 1
is "metrics: a counter of each vCPU" "$(metric vcpu_exits_total "vm=\"$first\"" | grep -c '[0-9]')" 2
of="vm=\"$first\",name=\"web\",vcpu=\"0\",class=\"$(timed)\""
check "metrics: exits that were timed" [ "$(metric vcpu_exit_seconds_count "$of")" -gt 0 ]
is "metrics: all of them are in buckets" "$(metric vcpu_exit_seconds_bucket "$of,le=\"+Inf\"")" \
	"$(metric vcpu_exit_seconds_count "$of")"
is "metrics: nothing else" "$(grep -vcE \
	'^(# (HELP|TYPE) peng_[a-z_]+ .+|peng_[a-z_]+(\{[^}]*\})? [0-9.]+)$' "$work/metrics")" 0
ip link set lo up 2>/dev/null
peng metrics --listen 127.0.0.1:9177 >"$work/server" &
server=$!
check "metrics: the server says where it is" \
	wait_for 60 grep -q '^listening on http://127.0.0.1:9177/metrics$' "$work/server"
wget -q -O "$work/page" http://127.0.0.1:9177/metrics
is "metrics: its page has what is printed" "$(labels page)" "$(labels metrics)"
check "there is no other" sh -c '! wget -q -O /dev/null http://127.0.0.1:9177/'
says 1 'cannot listen on 127.0.0.1:9177: Address' peng metrics --listen 127.0.0.1:9177
says 2 'no ADDRESS:PORT' peng metrics --listen localhost:9177
says 2 'no ADDRESS:PORT' peng metrics --listen 127.0.0.1
kill $server
wait $server
is "metrics: a signal ends the server" $? 0
says 1 'another VM has this name' peng rename "$second" web
says 1 'another VM has this name' peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --name web
says 1 'a name is a letter' peng rename "$second" 4web

limits=/sys/module/peng/parameters
is "host: how many there are" "$(peng host | sed -n 's/^vms  *//p')" 2
is "host: mode" "$(peng host --json | value mode)" "$(peng host | sed -n 's/^mode  *//p')"
check "host: a limit" peng host --max-vms 7 --max-vcpus-per-user 9
is "host: as the module's parameters" "$(cat $limits/max_vms $limits/max_vcpus_per_user | xargs)" "7 9"
is "host: for people" "$(peng host | sed -n 's/^vcpus  *//p')" "3, each user at most 9"
check "host: no limit" peng host --max-vms none --max-vcpus-per-user 0
is "host: none again" "$(cat $limits/max_vms $limits/max_vcpus_per_user | xargs)" "0 0"
says 2 'no number' peng host --max-vms many
says 2 'no more arguments' peng host web
echo 2 >$limits/max_vms
says 1 'parameters/max_vms$' peng run --device "$PENG_DEVICE" --kernel "$KERNEL"
is "doctor: no room for another" "$(peng doctor | grep -c '^bad *room .*2 of at most 2 VMs')" 1
echo 0 >$limits/max_vms
echo 4 >$limits/max_vcpus_per_user
says 1 'parameters/max_vcpus_per_user$' \
	peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --cpus 2
echo 0 >$limits/max_vcpus_per_user

is "no cgroup" "$(listed $guest cgroup)" null
says 1 'no cgroup' peng ls --cgroup /web
says 1 'no cgroup of its own' peng limit web --memory 1G
[ -e /sys/fs/cgroup/cgroup.procs ] || mount -t cgroup2 none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/guests/web
echo $guest >/sys/fs/cgroup/guests/web/cgroup.procs
is "its cgroup" "$(listed $guest cgroup)" /guests/web
is "the VMs of a cgroup" "$(peng ls --cgroup /guests/web | awk 'NR > 1 { print $2 }')" web
is "and not of those below" "$(peng ls --cgroup guests | wc -l)" 1
says 2 'give --all or' peng ls --all --cgroup /guests
echo $guest >/sys/fs/cgroup/cgroup.procs
rmdir /sys/fs/cgroup/guests/web /sys/fs/cgroup/guests
is "no limit" "$(peng show --json web | value quota_us | head -n 1)" null
check "limit" peng limit web --cpu 12.5% --period 50000
is "its quota" "$(listed $guest quota_us)" 6250
is "its period" "$(listed $guest period_us)" 50000
is "limit, for programs" "$(peng limit --json web | value quota_us)" 6250
is "limit, for people" "$(peng limit web | sed -n 's/^cpu  *//p')" "12.5% (6250 us in each 50000 us)"
check "limit by quota" peng limit web --quota 200000
is "no period is given" "$(peng limit web | sed -n 's/^cpu  *//p')" "200% (200000 us in each 100000 us)"
check "CPUs" peng limit web --cpus 1
is "where its vCPUs run" "$(peng limit web | sed -n 's/^vcpu .* cpus //p' | xargs)" "1 1"
check "take both away" peng limit web --cpu none --cpus none
is "no limit again" "$(peng limit web | sed -n 's/^cpu  *//p')" none
is "they run anywhere" "$(peng limit web | sed -n 's/^vcpu .* cpus //p' | xargs)" "0-1 0-1"
check "limit QEMU's" peng limit "$second" --cpu 150
is "and no other" "$(listed $guest quota_us)" null
peng metrics >"$work/metrics"
is "metrics: the limit" "$(metric vm_cpu_quota_seconds "vm=\"$second\"")" 0.150000000
says 2 'no share' peng limit web --cpu 0.5
says 2 'no share' peng limit web --cpu half
says 2 'no quota' peng limit web --quota 999
says 2 'no period' peng limit web --cpu 50 --period 999
says 2 'alone' peng limit web --period 1000
says 2 'the same' peng limit web --cpu 50 --quota 1000
says 2 'no list' peng limit web --cpus 3-1
says 1 'none of these' peng limit web --cpus 1000
says 3 'peng ls' peng limit nobody --cpu 50

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
says 2 'help' peng limit
says 2 'help' peng ls --count 1
finish
