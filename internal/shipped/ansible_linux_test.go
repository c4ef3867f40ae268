// SPDX-License-Identifier: Apache-2.0

package shipped

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// flagged is a question of the role about one of its flags.
var flagged = regexp.MustCompile(`(?:when:| if) tcpvitals_(?:start|daemon)( \| bool)?`)

// TestShippedRole: Ansible accepts the play and every file of tasks that the role
// includes at run time.
func TestShippedRole(t *testing.T) {
	need(t, "ansible-playbook")
	top := filepath.Join(tree(t), "packaging/ansible")
	files, err := filepath.Glob(filepath.Join(top, "roles/tcpvitals/tasks/*.yml"))
	if err != nil || len(files) < 3 {
		t.Fatalf("tasks: %q, %v", files, err)
	}
	play := "- hosts: all\n  gather_facts: false\n  tasks:\n"
	for _, file := range files {
		play += "    - ansible.builtin.import_tasks: " + file + "\n"
	}
	for file := range examples(t, "tcpvitals-*.service") { // a check of the check: a file that is not a list of tasks must be refused
		if said, err := checkPlay(t, "- hosts: all\n  tasks:\n    - ansible.builtin.import_tasks: "+filepath.Join(tree(t), "packaging/examples", file)+"\n"); err == nil {
			t.Fatalf("%s is taken for tasks: %s", file, said)
		}
		break
	}
	if said, err := checkPlay(t, play); err != nil {
		t.Errorf("tasks: %v: %s", err, said)
	}
	// What -e NAME=false sets is a text, and a text is true unless it is made a bool.
	asked := 0
	for _, file := range append(files, filepath.Join(top, "roles/tcpvitals/handlers/main.yml")) {
		for _, match := range flagged.FindAllStringSubmatch(readText(t, file), -1) {
			asked++
			if match[1] != " | bool" {
				t.Errorf("%s: a flag that -e sets is not read as one: %s", file, match[0])
			}
		}
	}
	if asked != 4 {
		t.Errorf("%d questions about flags, want 4", asked)
	}
	text := readText(t, filepath.Join(top, "site.yml"))
	if said, err := checkPlay(t, text); err != nil {
		t.Errorf("site.yml: %v: %s", err, said)
	}
	// The role has a copy of the drop-in for namespaces; the two must be the same.
	dropIn := readText(t, filepath.Join(top, "roles/tcpvitals/templates/ansible.conf.j2"))
	_, settings, _ := strings.Cut(readText(t, filepath.Join(tree(t), daemonDir, "namespaces.conf")), "[Service]\n")
	for line := range strings.Lines(settings) {
		if !strings.HasPrefix(line, "#") && !strings.Contains(dropIn, line) {
			t.Errorf("the role's drop-in has no %q", line)
		}
	}
}

// checkPlay lets Ansible check a play that uses the role.
func checkPlay(t *testing.T, play string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "site.yml", play)
	cmd := exec.CommandContext(t.Context(), "ansible-playbook", "--syntax-check", "-i", "localhost,", filepath.Join(dir, "site.yml"))
	cmd.Env = append(os.Environ(), "ANSIBLE_ROLES_PATH="+filepath.Join(tree(t), "packaging/ansible/roles"), "ANSIBLE_LOCAL_TEMP="+dir, "ANSIBLE_HOME="+dir, "HOME="+dir)
	said, err := cmd.CombinedOutput()
	return string(said), err
}
