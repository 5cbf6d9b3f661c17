<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!--
  vCPUs, emulator and I/O threads pinned to CPUs of the host, and what goes with it.

  Plan:  <pin vcpus='8' sockets= dies= clusters= cores= threads=
              emulator='CPUS' node='N'          memory strictly from that node
              iothreads='1'                     the guest has none and gets some
              mode='host-passthrough'           of a guest without <cpu>
              topoext='yes'>                    the feature
           <vcpu id='0' cpuset='CPUS'/> ...
           <iothread id='1' cpuset='CPUS'/> ...
         </pin>
         <pin unset='yes'/>

  What has no attribute here stays as it is. A <cpu> that is made here has a mode and
  migratable=, but no check=, by which it is told from others.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="topology.xsl"/>
  <xsl:param name="plan"/>
  <xsl:variable name="p" select="document($plan)/plan/pin"/>
  <xsl:variable name="set" select="not($p/@unset)"/>
  <xsl:variable name="topology" select="$p"/>

  <!-- a pin that is wanted, in the plan, and those that there are, in the guest -->
  <xsl:key name="wanted" match="/plan/pin/vcpu" use="@id"/>
  <xsl:key name="present" match="/domain/cputune[1]/vcpupin" use="@vcpu"/>

  <!-- I/O threads that are taken out: those that are made here, unless a disk uses them -->
  <xsl:variable name="idle" select="not($set) and not(/domain/devices/*/driver/@iothread
      or /domain/iothreadids or /domain/cputune/iothreadsched)
      and number(/domain/iothreads) = 1"/>

  <xsl:template name="iothreads">
    <xsl:if test="$p/@iothreads and not(/domain/iothreads)">
      <iothreads><xsl:value-of select="$p/@iothreads"/></iothreads>
    </xsl:if>
  </xsl:template>

  <xsl:template name="cputune">
    <xsl:if test="$p/vcpu and not(/domain/cputune)">
      <cputune>
        <xsl:apply-templates select="$p/vcpu"/>
        <xsl:call-template name="emulatorpin"/>
        <xsl:apply-templates select="$p/iothread"/>
      </cputune>
    </xsl:if>
  </xsl:template>

  <xsl:template match="pin/vcpu">
    <vcpupin vcpu="{@id}" cpuset="{@cpuset}"/>
  </xsl:template>
  <xsl:template name="emulatorpin">
    <xsl:if test="$p/@emulator">
      <emulatorpin cpuset="{$p/@emulator}"/>
    </xsl:if>
  </xsl:template>
  <xsl:template match="pin/iothread">
    <iothreadpin iothread="{@id}" cpuset="{@cpuset}"/>
  </xsl:template>

  <xsl:template name="numatune">
    <xsl:if test="$p/@node and not(/domain/numatune)">
      <numatune><xsl:call-template name="memory"/></numatune>
    </xsl:if>
  </xsl:template>
  <xsl:template name="memory">
    <memory mode="strict" nodeset="{$p/@node}"/>
  </xsl:template>

  <xsl:template name="cpu">
    <xsl:if test="$set and not(/domain/cpu)">
      <cpu>
        <xsl:if test="$p/@mode">
          <xsl:copy-of select="$p/@mode"/>
          <xsl:attribute name="migratable">on</xsl:attribute>
        </xsl:if>
        <xsl:call-template name="topology"/>
        <xsl:call-template name="topoext"/>
      </cpu>
    </xsl:if>
  </xsl:template>
  <xsl:template name="topoext">
    <xsl:if test="$p/@topoext">
      <feature policy="require" name="topoext"/>
    </xsl:if>
  </xsl:template>

  <!-- where libvirt writes each of them: behind these -->
  <xsl:template match="/domain">
    <xsl:variable name="head" select="name|uuid|genid|title|description|metadata|memory
        |maxMemory|currentMemory|blkiotune|memtune|memoryBacking|vcpu|vcpus"/>
    <xsl:variable name="tune" select="$head|iothreads|iothreadids|cputune"/>
    <xsl:variable name="iothreads" select="generate-id($head[last()])"/>
    <xsl:variable name="cputune" select="generate-id(($head|iothreads|iothreadids)[last()])"/>
    <xsl:variable name="numatune" select="generate-id($tune[last()])"/>
    <xsl:variable name="cpu" select="generate-id(($tune|numatune|resource|sysinfo|bootloader
        |bootloader_args|os|idmap|features)[last()])"/>
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:if test="not($iothreads)"><xsl:call-template name="iothreads"/></xsl:if>
      <xsl:if test="not($cputune)"><xsl:call-template name="cputune"/></xsl:if>
      <xsl:if test="not($numatune)"><xsl:call-template name="numatune"/></xsl:if>
      <xsl:if test="not($cpu)"><xsl:call-template name="cpu"/></xsl:if>
      <xsl:for-each select="node()">
        <xsl:variable name="id" select="generate-id()"/>
        <xsl:apply-templates select="."/>
        <xsl:if test="$id = $iothreads"><xsl:call-template name="iothreads"/></xsl:if>
        <xsl:if test="$id = $cputune"><xsl:call-template name="cputune"/></xsl:if>
        <xsl:if test="$id = $numatune"><xsl:call-template name="numatune"/></xsl:if>
        <xsl:if test="$id = $cpu"><xsl:call-template name="cpu"/></xsl:if>
      </xsl:for-each>
    </xsl:copy>
  </xsl:template>

  <xsl:template match="/domain/iothreads[1]">
    <xsl:if test="not($idle)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:choose>
          <xsl:when test="$p/@iothreads"><xsl:value-of select="$p/@iothreads"/></xsl:when>
          <xsl:otherwise><xsl:apply-templates select="node()"/></xsl:otherwise>
        </xsl:choose>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- Pins: changed in place, those that are missing behind the others of their kind. -->

  <xsl:template match="/domain/cputune[1]">
    <xsl:variable name="cputune" select="."/>
    <xsl:variable name="head" select="shares|global_period|global_quota|period|quota
        |emulator_period|emulator_quota|iothread_period|iothread_quota|vcpupin"/>
    <xsl:variable name="vcpupin" select="generate-id($head[last()])"/>
    <xsl:variable name="emulatorpin" select="generate-id(($head|emulatorpin)[last()])"/>
    <xsl:variable name="iothreadpin"
        select="generate-id(($head|emulatorpin|iothreadpin)[last()])"/>
    <xsl:if test="$set or comment()
                  or processing-instruction() or *[not(self::vcpupin or self::emulatorpin
                  or self::iothreadpin)] or not(vcpupin or emulatorpin or iothreadpin)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="not($vcpupin)"><xsl:call-template name="more-vcpupins"/></xsl:if>
        <xsl:if test="not($emulatorpin)"><xsl:call-template name="more-emulatorpin"/></xsl:if>
        <xsl:if test="not($iothreadpin)"><xsl:call-template name="more-iothreadpins"/></xsl:if>
        <xsl:for-each select="node()">
          <xsl:variable name="id" select="generate-id()"/>
          <xsl:apply-templates select="."/>
          <xsl:for-each select="$cputune">
            <xsl:if test="$id = $vcpupin"><xsl:call-template name="more-vcpupins"/></xsl:if>
            <xsl:if test="$id = $emulatorpin"><xsl:call-template name="more-emulatorpin"/></xsl:if>
            <xsl:if test="$id = $iothreadpin"><xsl:call-template name="more-iothreadpins"/></xsl:if>
          </xsl:for-each>
        </xsl:for-each>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template name="more-vcpupins">
    <xsl:variable name="cputune" select="."/>
    <xsl:for-each select="$p/vcpu">
      <xsl:variable name="vcpu" select="."/>
      <xsl:for-each select="$cputune">
        <xsl:if test="not(key('present', $vcpu/@id))">
          <xsl:apply-templates select="$vcpu"/>
        </xsl:if>
      </xsl:for-each>
    </xsl:for-each>
  </xsl:template>
  <xsl:template name="more-emulatorpin">
    <xsl:if test="not(emulatorpin)"><xsl:call-template name="emulatorpin"/></xsl:if>
  </xsl:template>
  <xsl:template name="more-iothreadpins">
    <xsl:apply-templates select="$p/iothread[not(@id = current()/iothreadpin/@iothread)]"/>
  </xsl:template>

  <xsl:template match="/domain/cputune[1]/vcpupin">
    <xsl:variable name="id" select="@vcpu"/>
    <xsl:variable name="cpuset">
      <xsl:for-each select="$p">
        <xsl:value-of select="key('wanted', $id)/@cpuset"/>
      </xsl:for-each>
    </xsl:variable>
    <xsl:if test="$cpuset != '' and generate-id() = generate-id(key('present', $id)[1])">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:attribute name="cpuset"><xsl:value-of select="$cpuset"/></xsl:attribute>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/cputune[1]/emulatorpin">
    <xsl:if test="$set and not(preceding-sibling::emulatorpin)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$p/@emulator">
          <xsl:attribute name="cpuset"><xsl:value-of select="$p/@emulator"/></xsl:attribute>
        </xsl:if>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- libvirt refuses the pin of a thread that there is not -->
  <xsl:template match="/domain/cputune[1]/iothreadpin">
    <xsl:variable name="thread" select="$p/iothread[@id = current()/@iothread]"/>
    <xsl:if test="$set and ($thread or not($p/iothread))
                  and not(@iothread = preceding-sibling::iothreadpin/@iothread)">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:copy-of select="$thread/@cpuset"/>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <!-- Memory. -->

  <xsl:template match="/domain/numatune[1]">
    <xsl:variable name="ours" select="memory[not($set) and @mode = 'strict' and @nodeset
        and not(@placement)]"/>
    <xsl:if test="not($ours) or *[not(self::memory)] or comment()
                  or processing-instruction()">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$p/@node and not(memory)">
          <xsl:call-template name="memory"/>
        </xsl:if>
        <xsl:apply-templates select="node()[not($ours) or not(self::memory)]"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template match="/domain/numatune[1]/memory[1]">
    <xsl:choose>
      <xsl:when test="$p/@node">
        <xsl:copy>
          <xsl:copy-of select="@*[not(name() = 'placement' and . = 'auto')]"/>
          <xsl:attribute name="mode">strict</xsl:attribute>
          <xsl:attribute name="nodeset"><xsl:value-of select="$p/@node"/></xsl:attribute>
          <xsl:apply-templates select="node()"/>
        </xsl:copy>
      </xsl:when>
      <xsl:otherwise>
        <xsl:copy-of select="."/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- The CPU. -->

  <xsl:template match="/domain/cpu[1]">
    <xsl:variable name="topology-place" select="generate-id((model|vendor)[last()])"/>
    <xsl:variable name="feature-place" select="generate-id((model|vendor|topology|cache
        |maxphysaddr|feature)[last()])"/>
    <xsl:variable name="cpu" select="."/>
    <xsl:variable name="made" select="not($set) and not(*[not(self::topology or self::feature)]
        or comment() or processing-instruction()) and (not(@mode) or @migratable)
        and not(@*[not(name() = 'vfiokit-n' or name() = 'mode' or name() = 'migratable')])"/>
    <xsl:variable name="left" select="topology[@sockets != 1]
        | feature[not(@name = 'topoext' and @policy = 'require')]"/>
    <xsl:if test="not($made) or $left">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="not($topology-place)"><xsl:call-template name="more-topology"/></xsl:if>
        <xsl:if test="not($feature-place)"><xsl:call-template name="more-topoext"/></xsl:if>
        <xsl:for-each select="node()">
          <xsl:variable name="id" select="generate-id()"/>
          <xsl:apply-templates select="."/>
          <xsl:for-each select="$cpu">
            <xsl:if test="$id = $topology-place"><xsl:call-template name="more-topology"/></xsl:if>
            <xsl:if test="$id = $feature-place"><xsl:call-template name="more-topoext"/></xsl:if>
          </xsl:for-each>
        </xsl:for-each>
      </xsl:copy>
    </xsl:if>
  </xsl:template>

  <xsl:template name="more-topology">
    <xsl:if test="$set and not(topology)"><xsl:call-template name="topology"/></xsl:if>
  </xsl:template>
  <xsl:template name="more-topoext">
    <xsl:if test="not(feature[@name = 'topoext'])"><xsl:call-template name="topoext"/></xsl:if>
  </xsl:template>

  <!-- taken out only if it is of the shape that is made here -->
  <xsl:template match="/domain/cpu[1]/topology[1]">
    <xsl:choose>
      <xsl:when test="$set"><xsl:apply-imports/></xsl:when>
      <xsl:when test="@sockets != 1"><xsl:copy-of select="."/></xsl:when>
    </xsl:choose>
  </xsl:template>

  <xsl:template match="/domain/cpu[1]/feature[@name = 'topoext']">
    <xsl:if test="$set or @policy != 'require'">
      <xsl:copy>
        <xsl:copy-of select="@*"/>
        <xsl:if test="$p/@topoext and @policy != 'force'">
          <xsl:attribute name="policy">require</xsl:attribute>
        </xsl:if>
        <xsl:apply-templates select="node()"/>
      </xsl:copy>
    </xsl:if>
  </xsl:template>
</xsl:stylesheet>
