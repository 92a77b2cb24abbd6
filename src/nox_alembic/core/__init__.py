"""Values and decisions: nothing here touches disk, network, process or clock."""
