<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  A copy of a guest to try option ROMs in, for 'vbios bench': another name, UUID and NVRAM,
  serial and debug ports that go to files, and, unless disks is 'yes', nothing that holds the
  user's data or reaches the network.

  Parameters: name, uuid, nvram (a file, or ''), disks; log, a file for what the firmware
  says, debug, one for what ROMs say at port 0xe9, serial, one for the serial port; screen,
  'yes' if SeaBIOS shall write its screen there; the device, by key
  ('DOMAIN:BUS:SLOT:FUNCTION' in the guest's own spelling) and address ('0000:01:00.0'), or by
  mac; bar, file and its checksum new, file ''
  for no ROM at all, or with own 'yes' for the device's own; drop, the keys, and gone, the
  addresses, of host devices that the copy does not get, blanks around each.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:v="https://vfiokit.org/xmlns/guest/1"
                xmlns:r="https://vfiokit.org/xmlns/rom/1">
  <xsl:param name="name"/>
  <xsl:param name="uuid"/>
  <xsl:param name="nvram"/>
  <xsl:param name="disks"/>
  <xsl:param name="log"/>
  <xsl:param name="debug"/>
  <xsl:param name="serial"/>
  <xsl:param name="screen"/>
  <xsl:param name="key"/>
  <xsl:param name="address"/>
  <xsl:param name="mac"/>
  <xsl:param name="bar"/>
  <xsl:param name="file"/>
  <xsl:param name="own"/>
  <xsl:param name="new"/>
  <xsl:param name="drop"/>
  <xsl:param name="gone"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>
  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="not(name)"><name><xsl:value-of select="$name"/></name></xsl:if>
      <xsl:if test="not(uuid)"><uuid><xsl:value-of select="$uuid"/></uuid></xsl:if>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/name"><name><xsl:value-of select="$name"/></name></xsl:template>
  <xsl:template match="/domain/uuid"><uuid><xsl:value-of select="$uuid"/></uuid></xsl:template>
  <xsl:template match="/domain/genid | /domain/title"/>

  <xsl:template match="/domain/os">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="node()">
        <xsl:choose>
          <xsl:when test="self::nvram and $nvram">
            <nvram>
              <xsl:copy-of select="@template"/>
              <xsl:value-of select="$nvram"/>
            </nvram>
          </xsl:when>
          <xsl:when test="self::bios and $screen"/>
          <xsl:when test="(self::kernel or self::initrd or self::cmdline) and not($disks)"/>
          <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
        </xsl:choose>
      </xsl:for-each>
      <xsl:if test="$nvram and not(nvram)"><nvram><xsl:value-of select="$nvram"/></nvram></xsl:if>
      <xsl:if test="$screen"><bios useserial="yes"/></xsl:if>
    </xsl:copy>
  </xsl:template>

  <!-- what the hook is told of devices that go, and of the ROM -->
  <xsl:template match="/domain/metadata">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/metadata/r:before"/>
  <xsl:template match="/domain/metadata/v:guest">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="node()">
        <xsl:if test="not((self::v:device or self::v:rom)
                          and contains($gone, concat(' ', @address, ' ')))
                      and not(self::v:rom and @address = $address)">
          <xsl:copy-of select="."/>
        </xsl:if>
      </xsl:for-each>
      <xsl:if test="$new and v:device[@address = $address]">
        <xsl:element name="v:rom">
          <xsl:attribute name="address"><xsl:value-of select="$address"/></xsl:attribute>
          <xsl:attribute name="sha256"><xsl:value-of select="$new"/></xsl:attribute>
        </xsl:element>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/devices[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <serial type="file">
        <source path="{$serial}"/>
        <target type="isa-serial" port="0"><model name="isa-serial"/></target>
      </serial>
      <serial type="file">
        <source path="{$debug}"/>
        <target type="isa-debug" port="1"><model name="isa-debugcon"/></target>
        <address type="isa" iobase="0xe9"/>
      </serial>
      <serial type="file">
        <source path="{$log}"/>
        <target type="isa-debug" port="2"><model name="isa-debugcon"/></target>
        <address type="isa" iobase="0x402"/>
      </serial>
    </xsl:copy>
  </xsl:template>
  <xsl:template match="/domain/devices[1]/serial | /domain/devices[1]/console[not(target/@type = 'virtio')]"/>

  <xsl:template match="/domain/devices[1]/disk | /domain/devices[1]/filesystem
      | /domain/devices[1]/redirdev | /domain/devices[1]/lease | /domain/devices[1]/tpm
      | /domain/devices[1]/memory[@model = 'nvdimm' or @model = 'virtio-pmem']
      | /domain/devices[1]/hostdev[not(@type = 'pci' or @type = 'mdev')]">
    <xsl:if test="$disks"><xsl:copy-of select="."/></xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/hostdev[@type = 'pci' or @type = 'mdev']
      | /domain/devices[1]/interface">
    <xsl:variable name="at" select="concat(source[1]/address[1]/@domain, ':',
        source[1]/address[1]/@bus, ':', source[1]/address[1]/@slot, ':',
        source[1]/address[1]/@function)"/>
    <xsl:variable name="meant" select="($key and $at = $key and source[1]/address[1])
        or ($mac and mac/@address = $mac)"/>
    <xsl:choose>
      <xsl:when test="$meant">
        <xsl:copy>
          <xsl:copy-of select="@*"/>
          <xsl:copy-of select="node()[not(self::rom or self::address)]"/>
          <xsl:if test="not($own) or $bar">
            <rom>
              <xsl:if test="not($file or $own)"><xsl:attribute name="enabled">no</xsl:attribute></xsl:if>
              <xsl:if test="($file or $own) and $bar">
                <xsl:attribute name="bar"><xsl:value-of select="$bar"/></xsl:attribute>
              </xsl:if>
              <xsl:if test="$file"><xsl:attribute name="file"><xsl:value-of select="$file"/></xsl:attribute></xsl:if>
            </rom>
          </xsl:if>
          <xsl:copy-of select="address"/>
        </xsl:copy>
      </xsl:when>
      <xsl:when test="$disks"><xsl:copy-of select="."/></xsl:when>
      <xsl:when test="contains($drop, concat(' ', $at, ' '))"/>
      <xsl:when test="self::interface and not(@type = 'hostdev')"/>
      <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
