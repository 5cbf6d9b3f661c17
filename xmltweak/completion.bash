# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for xmltweak. What there is to complete is asked of the program:
# `xmltweak --options` says "--name<TAB>none|required|optional<TAB>words", a line each.

# _xmltweak_find PROGRAM OPTION: sets kind and words of an option.
_xmltweak_find() {
	local name want=$2

	[[ $want == -o ]] && want=--output
	while IFS= read -r name; do
		words=${name#*$'\t'*$'\t'}
		kind=${name#*$'\t'}
		kind=${kind%%$'\t'*}
		[[ ${name%%$'\t'*} == "$want" ]] && return 0
	done < <("$1" --options 2>/dev/null)
	kind='' words=''
	return 1
}

# _xmltweak_domains LINE: the guests of the libvirt that the command line names.
_xmltweak_domains() {
	local connect=()

	[[ $1 =~ \ --connect[=\ ]([^ ]+) ]] && connect=(-c "${BASH_REMATCH[1]}")
	virsh -q "${connect[@]}" list --all --name 2>/dev/null
}

# _xmltweak_value CUR WORDS LINE: what the value may be, a line each.
_xmltweak_value() {
	local word list=()

	for word in $2; do
		case $word in
		FILE) compgen -f -- "$1" ;;
		DIR) compgen -d -- "$1" ;;
		DOMAIN) mapfile -t -O "${#list[@]}" list < <(_xmltweak_domains "$3") ;;
		*) list+=("$word") ;;
		esac
	done
	for word in "${list[@]}"; do
		[[ $word && $word == "$1"* ]] && printf '%s\n' "$word"
	done
}

# _xmltweak_names PROGRAM CUR: the options, with '=' if a value has to follow.
_xmltweak_names() {
	local name kind rest

	while IFS=$'\t' read -r name kind rest; do
		[[ $kind == required ]] && name+='='
		[[ $name == "$2"* ]] && printf '%s\n' "$name"
	done < <("$1" --options 2>/dev/null)
}

# _xmltweak PROGRAM CUR PREVIOUS, as complete -F calls it. CUR is cut at each '=' and ':',
# and so have the answers to be; hence the line is read here.
_xmltweak() {
	local line=${COMP_LINE:0:COMP_POINT} kind words cur previous cut=''

	cur=${line##*[[:space:]]}
	previous=${line%"$cur"}
	previous=${previous%"${previous##*[![:space:]]}"}
	previous=${previous##*[[:space:]]}

	if [[ $cur == --*=* ]] && _xmltweak_find "$1" "${cur%%=*}"; then
		cur=${cur#*=}
	elif _xmltweak_find "$1" "$previous" && [[ $kind == required ]]; then
		:
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(_xmltweak_names "$1" "$cur")
		[[ ${COMPREPLY[*]} == *= ]] && compopt -o nospace 2>/dev/null
		return 0
	else
		words=FILE
	fi

	[[ " $words " == *' FILE '* || " $words " == *' DIR '* ]] && compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(_xmltweak_value "$cur" "$words" "$line")
	[[ ${COMPREPLY[*]} == *: ]] && compopt -o nospace 2>/dev/null
	[[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && cut=${cur%"${cur##*:}"}
	COMPREPLY=("${COMPREPLY[@]#"$cut"}")
	return 0
}

complete -F _xmltweak xmltweak
