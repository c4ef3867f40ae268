// SPDX-License-Identifier: Apache-2.0

package knowledge

import "fmt"

// TwoHosts says that two sides of a comparison are of two hosts.
func TwoHosts(one, other string) Text {
	return Text{
		fmt.Sprintf("two hosts are compared, %s and %s: what one of them has alone did not come or go", one, other),
		fmt.Sprintf("比较的是两台主机 %s 和 %s：只有一方才有的，并不是新增或消失", one, other),
	}
}

// TwoBoots says that two sides of a comparison are of two boots of a host.
func TwoBoots() Text {
	return Text{"two boots are compared: no socket of the one is in the other", "比较的是两次启动：没有一个套接字是同一个"}
}

// TwoNamespaces says that two sides of a comparison have no network namespace
// in common.
func TwoNamespaces(one, other Text) Text {
	return Text{
		fmt.Sprintf("two network namespaces are compared, %s and %s: what one of them has alone did not come or go", one.En, other.En),
		fmt.Sprintf("比较的是两个网络命名空间 %s 和 %s：只有一方才有的，并不是新增或消失", one.Zh, other.Zh),
	}
}

// OneOfParts says of a finding that it is about one part of a listing.
func OneOfParts() Text {
	return Text{"This is one of several parts of the text by itself.", "这只是文本中若干部分之一。"}
}
