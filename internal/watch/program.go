// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// ticksASecond is how often the library looks whether it has to write something: when
// the screen is opened, left, or changes its size. Frames do not wait for it.
const ticksASecond = 12

// runScreen draws on the terminal. It restores the terminal before it returns,
// whatever the reason.
func runScreen(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var p *tea.Program
	m, r, err := begin(ctx, o, func(what any) { p.Send(what) })
	if err != nil {
		return err
	}
	t, out := onTerminal{model: m}, o.Out
	if file, ok := o.Out.(*os.File); ok {
		t.paper = &paper{File: file, manner: m.manner()}
		out = t.paper
	}
	p = tea.NewProgram(t,
		tea.WithInput(o.In), tea.WithOutput(out), tea.WithEnvironment(o.Environ), tea.WithoutSignalHandler(), tea.WithFPS(ticksASecond))
	// If its own context ended, the library would leave a reading goroutine behind.
	defer context.AfterFunc(ctx, p.Quit)()
	m.start(r)
	_, err = p.Run()
	cancel()
	r.all.Wait()
	return errors.Join(err, m.stopped)
}

// onTerminal adapts the model to the library.
type onTerminal struct {
	*model

	paper *paper // nil if the output is no file: then the library draws
}

// Init asks for the background of the terminal, which not every one tells.
func (t onTerminal) Init() tea.Cmd {
	if !t.o.Colour {
		return nil
	}
	return tea.RequestBackgroundColor
}

// Update passes a message to the model.
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
	case tea.BackgroundColorMsg:
		t.light = !msg.IsDark()
		if t.paper != nil {
			t.paper.use(t.manner())
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

// returned is the message that a command has ended. The command has shown its own
// output.
type returned struct{}

// asked is a command whose output stays on the terminal until the user has read it.
type asked struct {
	*exec.Cmd

	back string
}

func (a *asked) SetStdin(r io.Reader) { a.Stdin = r }

// SetStdout gives the command the terminal itself, which it may want to be one.
func (a *asked) SetStdout(w io.Writer) {
	if p, ok := w.(*paper); ok {
		w = p.File
	}
	a.Stdout = w
}
func (a *asked) SetStderr(w io.Writer) { a.Stderr = w }

// Run runs the command and waits for a line of input.
func (a *asked) Run() error {
	err := a.Cmd.Run()
	if _, err := fmt.Fprintf(a.Stdout, "\n%s ", a.back); err != nil {
		return err
	}
	_, _ = bufio.NewReader(a.Stdin).ReadString('\n') // any input is an answer
	return err
}

// View draws the frame. The library then has an empty screen to draw, which does not
// change.
func (t onTerminal) View() tea.View {
	v := tea.NewView(" ")
	switch {
	case t.paper == nil:
		v = tea.NewView(strings.Join(t.frame(), "\n"))
	case t.width > 0 && t.height > 0:
		t.paper.draw(t.paint())
	}
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
