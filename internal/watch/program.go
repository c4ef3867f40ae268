// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// framesASecond bounds how often the screen is drawn.
const framesASecond = 30

// runScreen draws on the terminal. It is as it was before when this returns,
// whatever ends it.
func runScreen(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var p *tea.Program
	m, r, err := begin(ctx, o, func(what any) { p.Send(what) })
	if err != nil {
		return err
	}
	p = tea.NewProgram(onTerminal{m},
		tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Environ), tea.WithoutSignalHandler(), tea.WithFPS(framesASecond))
	// Told to end by its own context, the library would leave a reader behind.
	defer context.AfterFunc(ctx, p.Quit)()
	m.start(r)
	_, err = p.Run()
	cancel()
	r.all.Wait()
	return errors.Join(err, m.stopped)
}

// onTerminal is the model as the library wants it.
type onTerminal struct{ *model }

// Init begins with nothing.
func (onTerminal) Init() tea.Cmd { return nil }

// Update tells the model what has happened.
func (t onTerminal) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		t.width, t.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		t.press(msg.String(), msg.Text)
	case tea.PasteMsg:
		if t.prompt != nil {
			t.press("", msg.Content)
		}
	case tea.MouseClickMsg:
		t.click(msg.X, msg.Y)
	case tea.MouseWheelMsg:
		t.wheel(msg.Button == tea.MouseWheelUp)
	case returned:
		t.turn()
	default:
		t.heard(msg)
	}
	switch {
	case t.quit || t.stopped != nil:
		return t, tea.Quit
	case t.kill != "":
		filter := t.kill
		t.kill = ""
		return t, t.run(t.o.Kill(filter))
	case t.save != "":
		name := t.save
		t.save = ""
		return t, t.run(t.o.Save(name))
	case t.suspend:
		t.suspend = false
		return t, tea.Suspend
	default:
		return t, nil
	}
}

// run runs a command on the terminal.
func (t onTerminal) run(cmd *exec.Cmd) tea.Cmd {
	return tea.Exec(&asked{Cmd: cmd, back: t.say("Enter: back to the live view", "按 Enter 返回")}, func(error) tea.Msg { return returned{} })
}

// returned says that a command has ended; what it has to say it has said.
type returned struct{}

// asked is a command on the terminal that is left on the screen until it was
// read.
type asked struct {
	*exec.Cmd

	back string
}

func (a *asked) SetStdin(r io.Reader)  { a.Stdin = r }
func (a *asked) SetStdout(w io.Writer) { a.Stdout = w }
func (a *asked) SetStderr(w io.Writer) { a.Stderr = w }

// Run runs it, and waits for a line.
func (a *asked) Run() error {
	err := a.Cmd.Run()
	if _, err := fmt.Fprintf(a.Stdout, "\n%s ", a.back); err != nil {
		return err
	}
	_, _ = bufio.NewReader(a.Stdin).ReadString('\n') // whatever is typed is an answer
	return err
}

// View is the frame.
func (t onTerminal) View() tea.View {
	v := tea.NewView(strings.Join(t.frame(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "tcpvitals watch"
	return v
}

// wheel moves three rows.
func (m *model) wheel(up bool) {
	key := "down"
	if up {
		key = "up"
	}
	if m.prompt != nil || m.asDiagram() && m.page == nil {
		return
	}
	for range 3 {
		m.press(key, "")
	}
}
