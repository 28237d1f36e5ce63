#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that the distribution's QEMU gives its guest SVE, pointer authentication and
# the PMU by -cpu host,sve=on,pauth=on,pmu=on, as the host has them, and keeps them out
# by off; and that `peng run` gives them of its own accord, and others or fewer if told to.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"

commands='{
echo =flags= $(sed -n "s/^Features.*: //p" /proc/cpuinfo | head -n 1)
echo =pmu= $(dmesg | grep -c "hw perfevents: enabled")
'"$count_problems"'
poweroff -f
}'

flags_of_host() { sed -n 's/^Features.*: //p' /proc/cpuinfo | head -n 1; }

# flagged FLAGS EXPRESSION: those that match, sorted
flagged()
{
	echo "$1" | tr ' ' '\n' | grep -xE "$2" | sort | tr '\n' ' '
}

# unknown FLAGS: those that the host lacks
unknown()
{
	for flag in $1; do
		case " $(flags_of_host) " in
		*" $flag "*)	;;
		*)		echo "$flag" ;;
		esac
	done
}

in_question='sve.*|pac[ag]'

# boot NAME CPU WANTED PMU
boot()
{
	linux "$1" -smp 2 -cpu "$2"
	echo "$commands" >"$work/$1.in"
	is "$1: powered off" "$(ended "$1" 240)" 0
	is "$1: what was asked for" "$(flagged "$(printed "$1" flags)" "$in_question")" "$3"
	is "$1: performance monitors" "$(printed "$1" pmu)" "$4"
	is "$1: nothing that the host lacks" "$(unknown "$(printed "$1" flags)")" ""
	clean "$1: clean log" "$work/$1.log"
}

plan 15
all=$(flagged "$(flags_of_host)" "$in_question")
case $all in
*paca*pacg*sve*)	;;
*)			echo "# the host has only $all"; exit 4 ;;
esac
boot on host,sve=on,pauth=on,pmu=on "$all" 1
boot off host,sve=off,pauth=off,pmu=off "" 0
echo "$commands" | guest --cpus 2
is "peng run: powered off" $? 0
is "peng run: all" "$(flagged "$(said flags)" "$in_question")" "$all"
is "peng run: no tags" "$(flagged "$(said flags)" mte.*)" ""
echo "$commands" | guest --cpus 2 --features mte,no-sve,no-ptrauth,no-pmu
is "peng run --features: powered off" $? 0
is "peng run --features: as told" "$(flagged "$(said flags)" \
	"$in_question|mte") $(said pmu)" "mte  0"
finish
