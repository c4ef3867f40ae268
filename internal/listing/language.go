// SPDX-License-Identifier: Apache-2.0

package listing

import "github.com/tcpvitals/tcpvitals/internal/tcp"

// longestTranslation is SCHLIESSEN_WARTEN with room for a letter of two bytes.
const longestTranslation = 24

// translated reads a state in another language. ss, PowerShell and
// /proc/net/tcp are always English.
func translated(w []byte) (tcp.State, bool) {
	var folded [longestTranslation]byte
	n := 0
	for i, c := range w {
		odd := c >= 0x80 || c == '?'
		switch {
		case 'a' <= c && c <= 'z': // the words are in capitals
			return 0, false
		case odd && i > 0 && (w[i-1] >= 0x80 || w[i-1] == '?'):
			continue // the second byte of a letter
		case n == len(folded):
			return 0, false
		case odd:
			c = '.'
		}
		folded[n] = c
		n++
	}
	s := translation(folded[:n])
	return s, s != 0
}

// translation looks a folded word up.
func translation(w []byte) tcp.State {
	if len(w) < len("OU.A") {
		return 0
	}
	for _, t := range translations() {
		if t.word == string(w) {
			return t.state
		}
	}
	return 0
}

// A translatedState is a state as netstat prints it in another language.
type translatedState struct {
	word  string // a full stop is one letter that is not an ASCII letter
	state tcp.State
	of    dictionary
}

// A dictionary is whose words they are.
type dictionary uint8

const (
	germanWindows dictionary = iota
	german
	portuguese
	swedish
	czech
	catalan
)

// source says where the words of a dictionary are from. Of the other languages
// of net-tools (po/*.po: et, fr, ja, ka) the states are English. Of netstat of
// Windows in other languages no list was found; its words are reported.
func (d dictionary) source() string {
	switch d {
	case germanWindows:
		return "sebhildebrandt/systeminformation lib/network.js; Checkmk, tests of its agent and scripts for tcp_conn_stats"
	case german:
		return "net-tools po/de.po"
	case portuguese:
		return "net-tools po/pt_BR.po"
	case swedish:
		return "net-tools po/sv.po"
	case czech:
		return "net-tools po/cs.po"
	default:
		return "net-tools po/ca.po"
	}
}

// translations are the states that netstat prints in other languages. A full
// stop is one letter not an ASCII letter: every code page writes it in
// another way, and some programs drop it. What is not here is told by its word.
func translations() [translatedStates]translatedState {
	return [...]translatedState{
		{"ABH.REN", tcp.Listen, germanWindows},
		{"ABHREN", tcp.Listen, germanWindows},
		{"ABHOEREN", tcp.Listen, germanWindows},
		{"HERGESTELLT", tcp.Established, germanWindows},
		{"WARTEND", tcp.TimeWait, germanWindows},
		{"SCHLIESSEN_WARTEN", tcp.CloseWait, germanWindows},
		{"FIN_WARTEN_1", tcp.FinWait1, germanWindows},
		{"FIN_WARTEN_2", tcp.FinWait2, germanWindows},
		{"SYN_GESENDET", tcp.SynSent, germanWindows},
		{"SYN_EMPFANGEN", tcp.SynRecv, germanWindows},
		{"ZULETZT_ACK", tcp.LastAck, germanWindows},
		{"SCHLIESSEND", tcp.Closing, germanWindows},
		{"VERBUNDEN", tcp.Established, german},
		{"ESTABELECIDA", tcp.Established, portuguese},
		{"SYN_ENVIADO", tcp.SynSent, portuguese},
		{"SYN_RECEBIDO", tcp.SynRecv, portuguese},
		{"ESPERA_FIN1", tcp.FinWait1, portuguese},
		{"ESPERA_FIN2", tcp.FinWait2, portuguese},
		{"FECHAR", tcp.Close, portuguese},
		{"ESPERANDO_FECHAR", tcp.CloseWait, portuguese},
		{".LTIMO_ACK", tcp.LastAck, portuguese},
		{"OU.A", tcp.Listen, portuguese},
		{"FECHANDO", tcp.Closing, portuguese},
		{"ETABLERAD", tcp.Established, swedish},
		{"LYSSNAR", tcp.Listen, swedish},
		{"ST.NG", tcp.Close, swedish},
		{"ST.NG_V.NTA", tcp.CloseWait, swedish},
		{"ST.NGER", tcp.Closing, swedish},
		{"SPOJENO", tcp.Established, czech},
		{"NASLOUCH.", tcp.Listen, czech},
		{"ZAV.EN", tcp.Close, czech},
		{"ZAV.R.", tcp.Closing, czech},
		{"POSLEDN.", tcp.LastAck, czech}, // POSLEDN\u00CD ACK: two words
		{"ESTABLERT", tcp.Established, catalan},
	}
}

const translatedStates = 34
