# what top-words.sh must do; exits 1 at the first thing that it does not
want() {
  test "$2" = "$3" && return
  printf '%s:\nwanted:\n%s\ngot:\n%s\n' "$1" "$2" "$3"
  exit 1
}

want "the most frequent first, equal ones by the alphabet" "2 b
1 a
1 c" "$(printf 'c b a b' | sh top-words.sh)"

want "upper case does not matter" "3 the" "$(printf 'The the THE end' | sh top-words.sh 1)"

want "punctuation is no part of a word" "2 so" "$(printf 'So, so!' | sh top-words.sh)"

want "nothing of nothing" "" "$(printf '' | sh top-words.sh)"

printf x | sh top-words.sh many 2>/dev/null
want "exit code of a count that is no number" 2 $?
