#nullable disable
namespace Dapr.AspNetCore;

/// <summary>A CloudEvent in a batch.</summary>
/// <typeparam name="TValue">What its data is read as.</typeparam>
public class BulkMessageModel<TValue>
{
    /// <summary>An event that is filled in afterwards.</summary>
    public BulkMessageModel()
    {
    }

    /// <summary>An event.</summary>
    public BulkMessageModel(string id, string source, string type, string specversion, string datacontenttype, TValue data)
    {
        Id = id;
        Source = source;
        Type = type;
        Specversion = specversion;
        Datacontenttype = datacontenttype;
        Data = data;
    }

    /// <summary>The event's id.</summary>
    public string Id { get; set; }

    /// <summary>Who published it.</summary>
    public string Source { get; set; }

    /// <summary>The event's type.</summary>
    public string Type { get; set; }

    /// <summary>The version of the CloudEvents specification.</summary>
    public string Specversion { get; set; }

    /// <summary>The content type of <see cref="Data"/>.</summary>
    public string Datacontenttype { get; set; }

    /// <summary>What was published.</summary>
    public TValue Data { get; set; }
}
