//! Findings of a verification: something that is not as it was installed or published.

use super::code::code_enum;

code_enum! {
    /// The stable code of a finding of `verify`, or, from I101 on, of `doctor`.
    FindingCode "^I[0-9]{3}$" {
        Missing "I001";
        Changed "I002";
        Foreign "I003";
        Replaced "I004";
        LeadsElsewhere "I005";
        Mode "I006";
        Unreadable "I007";
        Bytecode "I008";
        NoList "I009";
        MovedRoot "I010";
        Interpreter "I011";
        OtherInterpreter "I012";
        Script "I013";
        Database "I014";
        OtherGeneration "I015";
        InProgress "I016";
        PublishedFile "I017";
        NotWritable "I101";
        OtherOwner "I102";
        LittleRoom "I103";
        FewInodes "I104";
        ClockWrong "I105";
        TrustExpired "I106";
        TrustExpires "I107";
        TrustUnreadable "I108";
        ChangeCutOff "I109";
        LeftAside "I110";
        RootNoexec "I111";
        RootReadOnly "I112";
        ScratchNoexec "I113";
        MountInside "I114";
        SelinuxEnforcing "I115";
    }
}
