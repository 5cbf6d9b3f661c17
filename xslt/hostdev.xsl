<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  PCI devices of the host, by VFIO.

  Plan:  <hostdev>
           <bridge index='N'>                         a pcie-to-pci-bridge to add
             <port index='N'/>                        a pcie-root-port to add for it
             <place domain= bus= slot= function=/>    its address, in that port
           </bridge>
           <device key='0x0000:0x01:0x00:0x0' domain= bus= slot= function= managed= alias= boot=>
             <place domain= bus= slot= function= multifunction='on'/>
           </device>
           <remove key='0x0000:0x01:0x00:0x1'/>
           <remove-bridge index='N' port='N'/>        one that was added, with its port
         </hostdev>

  A key is the address of a source as the guest spells it, or as it is written here. An
  attribute of <place> overrides that of an address.

  libvirt adds root ports by itself, but none for a bridge that is in the document. Where
  one is free the bridge needs neither <port> nor <place>, and without @port goes alone.

  What an attribute of <device> does not say stays as it is in the guest. The option ROM
  is rom.xsl's.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/hostdev"/>

  <!-- what the guest has already: |KEY|KEY| -->
  <xsl:variable name="present">
    <xsl:for-each select="/domain/devices[1]/*[(self::hostdev[@type = 'pci']
        or self::interface[@type = 'hostdev'])]">
      <xsl:text>|</xsl:text>
      <xsl:value-of select="concat(source[1]/address[1]/@domain, ':', source[1]/address[1]/@bus, ':',
        source[1]/address[1]/@slot, ':', source[1]/address[1]/@function)"/>
      <xsl:text>|</xsl:text>
    </xsl:for-each>
  </xsl:variable>

  <!-- bridges that nothing is behind any more, and their ports -->
  <xsl:variable name="left" select="/domain/devices[1]/controller[@type = 'pci'
      and ((@model = 'pcie-to-pci-bridge' and @index = $p/remove-bridge/@index)
        or (@model = 'pcie-root-port' and @index = $p/remove-bridge/@port))]"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="not(devices) and $p/device">
        <devices>
          <xsl:apply-templates select="$p/bridge | $p/device"/>
        </devices>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <!-- new ones stand behind the host devices there are; no device at all is no list -->
  <xsl:template match="/domain/devices[1]">
    <xsl:variable name="last" select="hostdev[last()]"/>
    <xsl:variable name="devices" select="."/>
    <xsl:variable name="gone">
      <xsl:for-each select="hostdev[@type = 'pci'] | interface[@type = 'hostdev']">
        <xsl:variable name="key" select="concat(source[1]/address[1]/@domain, ':', source[1]/address[1]/@bus, ':',
        source[1]/address[1]/@slot, ':', source[1]/address[1]/@function)"/>
        <xsl:if test="$p/remove[@key = $key]">x</xsl:if>
      </xsl:for-each>
      <xsl:for-each select="$left">x</xsl:for-each>
    </xsl:variable>
    <xsl:if test="$p/device or comment()
                  or processing-instruction() or not(*) or count(*) > string-length($gone)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:for-each select="node()">
          <xsl:apply-templates select="."/>
          <xsl:if test="$last and generate-id() = generate-id($last)">
            <xsl:call-template name="new"/>
          </xsl:if>
        </xsl:for-each>
        <xsl:if test="not($last)">
          <xsl:call-template name="new"/>
        </xsl:if>
        <xsl:apply-templates select="$p/bridge[not($devices/controller[@type = 'pci'
            and @index = $p/bridge/@index])]"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template name="new">
    <xsl:for-each select="$p/device[not(contains($present, concat('|', @key, '|')))]">
      <xsl:apply-templates select="."/>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="plan/hostdev/bridge">
    <xsl:apply-templates select="port"/>
    <controller type="pci" index="{@index}" model="pcie-to-pci-bridge">
      <xsl:apply-templates select="place"/>
    </controller>
  </xsl:template>
  <xsl:template match="plan/hostdev/bridge/port">
    <controller type="pci" index="{@index}" model="pcie-root-port"/>
  </xsl:template>

  <xsl:template match="plan/hostdev/device">
    <hostdev mode="subsystem" type="pci" managed="{@managed}">
      <source>
        <address domain="{@domain}" bus="{@bus}" slot="{@slot}" function="{@function}"/>
      </source>
      <xsl:apply-templates select="@boot | @alias | place"/>
    </hostdev>
  </xsl:template>
  <xsl:template match="plan/hostdev/device/@boot">
    <boot order="{.}"/>
  </xsl:template>
  <xsl:template match="plan/hostdev/device/@alias">
    <alias name="{.}"/>
  </xsl:template>
  <xsl:template match="plan/hostdev/*/place">
    <address type="pci" domain="{@domain}" bus="{@bus}" slot="{@slot}" function="{@function}">
      <xsl:copy-of select="@multifunction"/>
    </address>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/controller[@type = 'pci']">
    <xsl:if test="count(. | $left) > count($left)">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/hostdev[@type = 'pci']
      | /domain/devices[1]/interface[@type = 'hostdev']">
    <xsl:variable name="key" select="concat(source[1]/address[1]/@domain, ':', source[1]/address[1]/@bus, ':',
        source[1]/address[1]/@slot, ':', source[1]/address[1]/@function)"/>
    <xsl:variable name="d" select="$p/device[@key = $key][1]"/>
    <xsl:variable name="missing" select="$d/@boot[not(current()/boot)]
        | $d/@alias[not(current()/alias)] | $d/place[not(current()/address)]"/>
    <xsl:if test="not($p/remove[@key = $key])">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$d/@managed">
          <xsl:attribute name="managed"><xsl:value-of select="$d/@managed"/></xsl:attribute>
        </xsl:if>
        <xsl:for-each select="node()">
          <!-- the address stays last -->
          <xsl:if test="self::address">
            <xsl:apply-templates select="$missing"/>
          </xsl:if>
          <xsl:choose>
            <xsl:when test="self::boot and $d/@boot">
              <xsl:copy>
                <xsl:copy-of select="@*"/>
                <xsl:attribute name="order"><xsl:value-of select="$d/@boot"/></xsl:attribute>
              </xsl:copy>
            </xsl:when>
            <xsl:when test="self::alias and $d/@alias">
              <xsl:copy>
                <xsl:copy-of select="@*"/>
                <xsl:attribute name="name"><xsl:value-of select="$d/@alias"/></xsl:attribute>
              </xsl:copy>
            </xsl:when>
            <xsl:when test="self::address and $d/place">
              <xsl:copy>
                <xsl:copy-of select="@*"/>
                <xsl:if test="$d/place/@bus"><xsl:attribute name="type">pci</xsl:attribute></xsl:if>
                <xsl:copy-of select="$d/place/@* | node()"/>
              </xsl:copy>
            </xsl:when>
            <xsl:otherwise>
              <xsl:apply-templates select="."/>
            </xsl:otherwise>
          </xsl:choose>
        </xsl:for-each>
        <xsl:if test="not(address)">
          <xsl:apply-templates select="$missing"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

</xsl:stylesheet>
