namespace Dapr.Workflow.Abstractions.Attributes;

/// <summary>Notes an activity's name beside its class. Registration does not read it: it takes the type's name or the name it is given.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = false, Inherited = false)]
public sealed class WorkflowActivityAttribute(string name) : Attribute
{
    /// <summary>The noted name.</summary>
    public string? Name { get; } = name;
}
