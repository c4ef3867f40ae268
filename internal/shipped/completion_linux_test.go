// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"path/filepath"
	"strings"
	"testing"
)

// completions checks that bash finds the completion in the place where the package
// installs it, and completes a command and the value of a flag.
func completions(t *testing.T, archive string) {
	need(t, "bash", "tar")
	dir := t.TempDir()
	call(t, "tar", "-xzf", archive, "-C", dir, "--strip-components=1")
	// Does what bash-completion does before it calls the script: sets the words and
	// the position of the cursor.
	const script = `
PATH=$1/bin:$PATH
_get_comp_words_by_ref() { cur=$word prev= words=("${COMP_WORDS[@]}") cword=$COMP_CWORD; }
_init_completion() { _get_comp_words_by_ref; }
__ltrim_colon_completions() { :; }
source "$1/share/bash-completion/completions/tcpvitals"
complete -p tcpvitals
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" word=${*: -1} COMP_POINT=${#COMP_LINE} COMP_TYPE=9
__start_tcpvitals
printf '%s\n' "${COMPREPLY[@]}"
`
	for line, want := range map[string]string{
		"tcpvitals sn":                "snapshot",
		"tcpvitals census --engine s": "sock_diag",
	} {
		said := call(t, "bash", append([]string{"--norc", "-c", script, "bash", dir}, strings.Fields(line)...)...)
		if !strings.Contains(said, "-F __start_tcpvitals tcpvitals") || !strings.Contains(said, "\n"+want) {
			t.Errorf("%s<Tab>: %q, want %s", line, said, want)
		}
	}
	for _, name := range []string{"zsh/site-functions/_tcpvitals", "fish/vendor_completions.d/tcpvitals.fish"} {
		if !exists(filepath.Join(dir, "share"), name) {
			t.Errorf("no %s", name)
		}
	}
}
