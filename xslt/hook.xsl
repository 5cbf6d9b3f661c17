<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  The guest element under <metadata>, by which a guest takes part in vfiokit-hook; its PCI
  host devices become managed='no'.

  Plan:  <hook>
           <device address='0000:01:00.0' [id='VVVV:DDDD' subsystem='VVVV:DDDD']
                   [boot-gpu='yes']/>
           <rom address='0000:01:00.0' [sha256='...']/>
           <stop unit='UNIT'/>
           <cores [isolate='yes'] [irq='yes'] [governor='NAME']/>
           <shmem name='looking-glass' user='NAME'/>
           <sleep [unset='yes']/>
         </hook>
         <hook unset='yes'/>

  Devices and ROMs that the plan does not name are taken out; of everything else, what the
  plan does not name stays. A ROM without a checksum keeps the one it has.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:v="https://vfiokit.org/xmlns/guest/1">
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/hook"/>
  <xsl:variable name="set" select="$p and not($p/@unset)"/>
  <xsl:variable name="guest" select="/domain/metadata[1]/v:guest[1]"/>
  <!-- what libvirt writes before <metadata> -->
  <xsl:variable name="head" select="(/domain/name|/domain/uuid|/domain/genid|/domain/title
                                     |/domain/description)[last()]"/>

  <!-- the guest as it is, where no template below knows better -->
  <xsl:template match="node()"><xsl:copy-of select="."/></xsl:template>
  <xsl:template match="/domain/devices[1]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:apply-templates select="node()"/>
      <xsl:if test="not($head)">
        <xsl:call-template name="metadata"/>
      </xsl:if>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/name|/domain/uuid|/domain/genid|/domain/title
                       |/domain/description">
    <xsl:copy-of select="."/>
    <xsl:if test="count(.|$head) = 1">
      <xsl:call-template name="metadata"/>
    </xsl:if>
  </xsl:template>

  <xsl:template name="metadata">
    <xsl:if test="$set and not(/domain/metadata)">
      <metadata><xsl:call-template name="guest"/></metadata>
    </xsl:if>
  </xsl:template>

  <xsl:template name="guest">
    <v:guest><xsl:call-template name="missing"/></v:guest>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]">
    <xsl:if test="$set or *[not(self::v:guest)] or comment()
                  or processing-instruction() or not(v:guest)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:if test="$set and not($guest)">
          <xsl:call-template name="guest"/>
        </xsl:if>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- libvirt keeps one element of a namespace -->
  <xsl:template match="/domain/metadata[1]/v:guest">
    <xsl:if test="$set and count(.|$guest) = 1">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:apply-templates select="node()"/>
        <xsl:call-template name="missing"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- what the plan has and the guest element has not -->
  <xsl:template name="missing">
    <xsl:apply-templates mode="new" select="
        $p/device[not(@address = $guest/v:device/@address)]
        | $p/rom[@sha256 and not(@address = $guest/v:rom/@address)]
        | $p/stop[not(@unit = $guest/v:stop/@unit)]
        | $p/cores[not($guest/v:cores)]
        | $p/shmem[not(@name = $guest/v:shmem/@name)]
        | $p/sleep[not(@unset or $guest/v:sleep)]"/>
  </xsl:template>

  <xsl:template match="*" mode="new">
    <xsl:element name="v:{local-name()}">
      <xsl:copy-of select="@*"/>
    </xsl:element>
  </xsl:template>

  <!-- what is known of a device (its id) is known whole: it may no longer be the boot GPU -->
  <xsl:template match="/domain/metadata[1]/v:guest/v:device">
    <xsl:variable name="new" select="$p/device[@address = current()/@address]"/>
    <xsl:if test="$new and not(@address = preceding-sibling::v:device/@address)">
      <xsl:copy>
        <xsl:copy-of select="@*[not(name() = 'boot-gpu' and $new/@id
                                            and not($new/@boot-gpu))]"/>
        <xsl:copy-of select="$new/@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest/v:rom">
    <xsl:variable name="new" select="$p/rom[@address = current()/@address]"/>
    <xsl:if test="$new and not(@address = preceding-sibling::v:rom/@address)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:copy-of select="$new/@*"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest/v:cores">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:copy-of select="$p/cores/@*"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest/v:shmem">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:copy-of select="$p/shmem[@name = current()/@name]/@user"/>
      <xsl:apply-templates select="node()"/>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/metadata[1]/v:guest/v:sleep">
    <xsl:if test="not($p/sleep/@unset)">
      <xsl:copy-of select="."/>
    </xsl:if>
  </xsl:template>

  <!-- without the attribute, libvirt does not manage the device either -->
  <xsl:template match="/domain/devices[1]/hostdev[@type = 'pci' and @managed = 'yes']
                       |/domain/devices[1]/interface[@type = 'hostdev' and @managed = 'yes']">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="$set">
        <xsl:attribute name="managed">no</xsl:attribute>
      </xsl:if>
      <xsl:copy-of select="node()"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
