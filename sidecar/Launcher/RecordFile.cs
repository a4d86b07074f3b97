using System.Text.Json;

namespace Sidecar.Launcher;

/// <summary>A small JSON file that says what runs.</summary>
internal static class RecordFile
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Null when there is none, or one that cannot be read.</summary>
    public static T? Read<T>(string file)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(file), Format);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>In one step, so that a reader never sees half a record.</summary>
    public static void Write<T>(string file, T record)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var fresh = $"{file}.{Environment.ProcessId}";
        File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(record, Format));
        File.Move(fresh, file, overwrite: true);
    }
}
