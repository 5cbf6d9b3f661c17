<?xml version="1.0"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  Makes a domain of examples/ one that the emulated host can run: without KVM, with little
  memory and none of the devices that a test is not about; its serial port goes to a file.
  Parameters: name, serial (a file), and kernel, initrd for a guest that boots Linux; without
  these its CPU halts at once, as a firmware that looks for a disk takes a CPU of the host.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="name"/>
  <xsl:param name="serial"/>
  <xsl:param name="kernel"/>
  <xsl:param name="initrd"/>

  <xsl:template match="@*|node()">
    <xsl:copy>
      <xsl:apply-templates select="@*|node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/@type">
    <xsl:attribute name="type">qemu</xsl:attribute>
  </xsl:template>
  <xsl:template match="/domain/name/text()">
    <xsl:value-of select="$name"/>
  </xsl:template>
  <xsl:template match="/domain/memory/text() | /domain/currentMemory/text()">262144</xsl:template>
  <xsl:template match="/domain/vcpu/text()">1</xsl:template>
  <xsl:template match="/domain/uuid | /domain/metadata | /domain/cpu"/>

  <xsl:template match="os/boot">
    <xsl:if test="$kernel = ''">
      <loader type="rom">/lab/halt.rom</loader>
      <xsl:copy-of select="."/>
    </xsl:if>
    <xsl:if test="$kernel != ''">
      <kernel><xsl:value-of select="$kernel"/></kernel>
      <initrd><xsl:value-of select="$initrd"/></initrd>
      <cmdline>console=ttyS0 quiet panic=-1 no_timer_check mitigations=off</cmdline>
    </xsl:if>
  </xsl:template>

  <xsl:template match="devices/*[self::disk or self::interface or self::channel or self::input or
      self::graphics or self::sound or self::audio or self::video or self::redirdev or
      self::memballoon or self::rng or self::console or self::controller[@type != 'pci']]"/>
  <xsl:template match="devices/emulator">
    <xsl:copy-of select="."/>
    <controller type="usb" model="none"/>
    <memballoon model="none"/>
  </xsl:template>
  <xsl:template match="devices/serial">
    <serial type="file">
      <source path="{$serial}"/>
    </serial>
  </xsl:template>
</xsl:stylesheet>
