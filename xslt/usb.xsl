<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  USB devices of the host.

  Plan:  <usb>
           <device vendor='0x046d' product='0xc52b' [startup-policy='optional']/>
           <device bus='1' device='4'/>
           <device ... unset='yes'/>
         </usb>

  A device that the guest has stands in the plan with the guest's spelling of its numbers.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:param name="plan"/>
  <xsl:variable name="wanted" select="document($plan)/plan/usb/device[not(@unset)]"/>
  <xsl:variable name="unset" select="document($plan)/plan/usb/device[@unset]"/>
  <xsl:variable name="sources" select="/domain/devices[1]/hostdev[@type = 'usb']/source"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="$wanted and not(devices)">
        <devices>
          <xsl:apply-templates select="$wanted" mode="new"/>
        </devices>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/devices[1]">
    <xsl:variable name="rest"><xsl:apply-templates select="node()" mode="rest"/></xsl:variable>
    <xsl:if test="$wanted or $rest != '' or not(*)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:apply-templates select="$wanted" mode="new"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- those that the guest does not have -->
  <xsl:template match="device" mode="new">
    <xsl:if test="not($sources[vendor/@id = current()/@vendor
                               and product/@id = current()/@product]
                      | $sources[address/@bus = current()/@bus
                                 and address/@device = current()/@device])">
      <hostdev mode="subsystem" type="usb" managed="no">
        <source>
          <xsl:if test="@startup-policy">
            <xsl:attribute name="startupPolicy">
              <xsl:value-of select="@startup-policy"/>
            </xsl:attribute>
          </xsl:if>
          <xsl:if test="@vendor">
            <vendor id="{@vendor}"/>
            <product id="{@product}"/>
          </xsl:if>
          <xsl:if test="@bus">
            <address bus="{@bus}" device="{@device}"/>
          </xsl:if>
        </source>
      </hostdev>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/hostdev[@type = 'usb']">
    <xsl:variable name="rest"><xsl:apply-templates select="." mode="rest"/></xsl:variable>
    <xsl:if test="$rest != ''">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- Something for all that stays when the unset devices are gone. -->
  <xsl:template match="*|comment()|processing-instruction()" mode="rest">.</xsl:template>
  <xsl:template match="text()" mode="rest"/>
  <xsl:template match="hostdev[@type = 'usb']" mode="rest">
    <xsl:if test="not($unset[@vendor = current()/source/vendor/@id
                             and @product = current()/source/product/@id]
                      | $unset[@bus = current()/source/address/@bus
                               and @device = current()/source/address/@device])">.</xsl:if>
  </xsl:template>

  <xsl:template match="/domain/devices[1]/hostdev[@type = 'usb']/source">
    <xsl:variable name="policy" select="$wanted[@vendor = current()/vendor/@id
        and @product = current()/product/@id]/@startup-policy"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="$policy">
        <xsl:attribute name="startupPolicy"><xsl:value-of select="$policy"/></xsl:attribute>
      </xsl:if>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
