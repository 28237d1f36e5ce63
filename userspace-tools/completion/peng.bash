# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Completion of peng's command line in bash. Commands, their options and what each of
# them takes come from the program's own help, so that there is one list of them.

# Names of VMs with a folder, which is where lib/home.c looks for it. bash expands what
# it is given as words, so nothing but names may be among them.
_peng_homes()
{
	local root=${PENG_HOME:-} config

	if [ -z "$root" ]; then
		root=${XDG_DATA_HOME:-$HOME/.local/share}/peng
		[ "$(id -u)" -ne 0 ] || root=/var/lib/peng
	fi
	for config in "$root"/*/config; do
		config=${config%/config}
		echo "${config##*/}"
	done | grep -x '[A-Za-z][A-Za-z0-9._-]*'
}

_peng_vms()
{
	peng ls 2>/dev/null | awk 'NR > 1 { print $1; if ($2 != "-") print $2 }'
}

_peng_commands()
{
	peng --help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'
}

# _peng_value OPTION HELP: what the option takes, a word in capitals or a choice, if anything
_peng_value()
{
	local option kind

	while read -r option kind; do
		[ "$option" != "$1" ] || echo "$kind"
	done < <(sed -nE 's/^  (-.), (--[a-z-]+) ([A-Z]+|[a-z]+\|[^ ]*).*/\1 \3\n\2 \3/p' <<<"$2")
}

# _peng_argument N HELP: what the command's argument of that number is. Options and
# what may be left out stand in brackets.
_peng_argument()
{
	sed -nE '1{ s/^Usage: peng [a-z-]+//; s/\[[^]]*\](\.\.\.)?//g; p }' <<<"$2" |
		awk -v number="$1" '{ print $number }'
}

# _peng_count HELP: arguments before the current word, without options and their values
_peng_count()
{
	local i count=0

	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} != -* ]]; then
			count=$((count + 1))
		elif [ "$(_peng_value "${COMP_WORDS[i]}" "$1")" ]; then
			i=$((i + 1))
		fi
	done
	echo "$count"
}

# _peng_kind HELP: what the current word is: what an option before it takes, an argument,
# or an option, for which there is no kind
_peng_kind()
{
	local command=${COMP_WORDS[1]} kind count

	kind=$(_peng_value "${COMP_WORDS[COMP_CWORD - 1]}" "$1")
	if [ "$kind" ]; then
		# A name that is given to a VM is a new one, here and in two commands.
		[ "$kind" != NAME ] || kind=NEW
	elif [[ ${COMP_WORDS[COMP_CWORD]} != -* ]]; then
		count=$(_peng_count "$1")
		kind=$(_peng_argument $((count + 1)) "$1")
		case $command/$count/$kind in
		create/0/NAME|rename/1/NAME)	kind=NEW ;;
		exec/0/*)	;;
		exec/*)		kind=FILE ;;
		esac
	fi
	echo "$kind"
}

# Candidates of a kind, for compgen -W.
_peng_words()
{
	case $1 in
	VM)	_peng_vms ;;
	NAME)	_peng_homes ;;
	user*)	echo user none tap= ;;
	stdio*)	echo stdio pty ;;
	esac
}

_peng()
{
	local word=${COMP_WORDS[COMP_CWORD]} help kind words

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "--help --version $(_peng_commands)" -- "$word")
		return
	fi
	help=$(peng "${COMP_WORDS[1]}" --help 2>/dev/null)
	kind=$(_peng_kind "$help")
	case $kind in
	FILE|IMAGE|DISK|PATH)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return ;;
	COMMAND)
		mapfile -t COMPREPLY < <(compgen -c -- "$word")
		return ;;
	''|-*)
		words=$(sed -nE 's/^  -., (--[a-z-]+).*/\1/p' <<<"$help") ;;
	*)
		words=$(_peng_words "$kind") ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _peng peng
