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

// translation knows the states that netstat prints in other languages, and
// where each word is from. A full stop is one letter that is no ASCII letter:
// every code page writes it in another way, and some programs drop it. What is
// not here is told by its word.
func translation(w []byte) tcp.State {
	switch string(w) {
	// netstat of German Windows: sebhildebrandt/systeminformation lib/network.js, and Checkmk's agent tests and its scripts for tcp_conn_stats
	case "ABH.REN", "ABHREN", "ABHOEREN":
		return tcp.Listen
	case "HERGESTELLT":
		return tcp.Established
	case "WARTEND":
		return tcp.TimeWait
	case "SCHLIESSEN_WARTEN":
		return tcp.CloseWait
	case "FIN_WARTEN_1":
		return tcp.FinWait1
	case "FIN_WARTEN_2":
		return tcp.FinWait2
	case "SYN_GESENDET":
		return tcp.SynSent
	case "SYN_EMPFANGEN":
		return tcp.SynRecv
	case "ZULETZT_ACK":
		return tcp.LastAck
	case "SCHLIESSEND":
		return tcp.Closing

	// net-tools po/de.po
	case "VERBUNDEN":
		return tcp.Established

	// net-tools po/pt_BR.po
	case "ESTABELECIDA":
		return tcp.Established
	case "SYN_ENVIADO":
		return tcp.SynSent
	case "SYN_RECEBIDO":
		return tcp.SynRecv
	case "ESPERA_FIN1":
		return tcp.FinWait1
	case "ESPERA_FIN2":
		return tcp.FinWait2
	case "FECHAR":
		return tcp.Close
	case "ESPERANDO_FECHAR":
		return tcp.CloseWait
	case ".LTIMO_ACK":
		return tcp.LastAck
	case "OU.A":
		return tcp.Listen
	case "FECHANDO":
		return tcp.Closing

	// net-tools po/sv.po
	case "ETABLERAD":
		return tcp.Established
	case "LYSSNAR":
		return tcp.Listen
	case "ST.NG":
		return tcp.Close
	case "ST.NG_V.NTA":
		return tcp.CloseWait
	case "ST.NGER":
		return tcp.Closing

	// net-tools po/cs.po
	case "SPOJENO":
		return tcp.Established
	case "NASLOUCH.":
		return tcp.Listen
	case "ZAV.EN":
		return tcp.Close
	case "ZAV.R.":
		return tcp.Closing

	// net-tools po/ca.po
	case "ESTABLERT":
		return tcp.Established

	default:
		return 0
	}
}
